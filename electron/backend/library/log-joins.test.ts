import { expect, test } from 'vitest';
import { textRange } from '../telemetry/any-value.ts';
import { logStepSeq, logStepSpanId } from '../telemetry/log-step.ts';
import { openLibraryReader, openLibraryWriter } from './open-library.ts';
import { logsOf, logsOfSpan } from './queries/telemetry.ts';
import { makeFacts, makeRun, makeStep } from './runs.testing.ts';
import { openSearchIndex } from './search/search.testing.ts';
import { makeLog, makeSpan, runIdOf, spanOf, traceOf, withDirectory } from './telemetry.testing.ts';

const log = (text: string, span?: number) =>
  makeLog({ traceId: traceOf(1), spanId: span === undefined ? undefined : spanOf(span), body: textRange(text) });

test('logs go with the steps they are joined to, are found there, and stay as they were sent', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const run = runIdOf(makeSpan({ traceId: traceOf(1) }));
    writer.transaction(() => {
      for (const span of [1, 2, 3]) writer.putSpan(makeSpan({ traceId: traceOf(1), spanId: spanOf(span) }));
      for (const [text, span] of [
        ['a pelican moved', 1],
        ['a heron stayed', 1],
        ['an egret for two', 2],
        ['a bittern alone', undefined],
      ] as const)
        writer.putLog(log(text, span));
      const ids = writer.logsOf(run).map(({ id }) => id);
      const [moved = 0, , both = 0, alone = 0] = ids;
      writer.joinLogs(
        run,
        new Map([
          [spanOf(3), [moved, both]],
          [spanOf(2), [both]],
          [logStepSpanId(alone), [alone]],
        ]),
      );
      const steps = [0, 1, 2].map((seq) => makeStep(seq, { spanSeq: seq }));
      writer.replaceSteps(
        makeRun(1, {
          steps: [
            ...steps,
            makeStep(3, {
              spanSeq: logStepSeq(alone),
              origin: 'logs',
              facts: makeFacts({ kind: 'tool', name: 'from a log' }),
            }),
          ],
        }),
      );
    });
    const reader = openLibraryReader({ directory });
    const texts = (spanId: Parameters<typeof logsOfSpan>[2]): readonly string[] =>
      logsOfSpan(reader, run, spanId).map(({ body }) =>
        body?.form === 'text' ? body.buffer.toString('utf8', body.start, body.end) : '',
      );
    expect([1, 2, 3].map((span) => texts(spanOf(span)))).toEqual([
      ['a heron stayed'],
      ['an egret for two'],
      ['a pelican moved', 'an egret for two'],
    ]);
    const ids = logsOf(reader, run).map(({ id }) => id);
    expect(texts(logStepSpanId(ids[3] ?? 0))).toEqual(['a bittern alone']);
    expect(logsOf(reader, run).map(({ log: stored }) => stored.spanId)).toEqual([
      spanOf(1),
      spanOf(1),
      spanOf(2),
      undefined,
    ]);

    const index = openSearchIndex({ directory });
    while (index.indexNew(100).remaining);
    expect(
      ['pelican', 'heron', 'bittern'].map((word) => index.search(word, { limit: 2 }).map(({ step }) => step)),
    ).toEqual([[2], [0], [3]]);
    index.close();

    // Joined again: what was said before is forgotten.
    writer.transaction(() => writer.joinLogs(run, new Map()));
    expect(texts(spanOf(1))).toEqual(['a pelican moved', 'a heron stayed']);
    expect(texts(spanOf(3))).toEqual([]);
    reader.close();
    writer.close();
  }));
