import { expect, test } from 'vitest';
import { runId } from '../../../shared/model/units.ts';
import type { RunId, TraceId } from '../../../shared/model/units.ts';
import type { LibraryWriter } from './library.ts';
import { openLibraryReader, openLibraryWriter } from './open-library.ts';
import { libraryFigures } from './queries/figures.ts';
import { findExchange, findLaunch, findRecording, recordedCalls } from './queries/recordings.ts';
import { findRun, findRuns, runsById } from './queries/run-detail.ts';
import { listRuns, runTotals } from './queries/run-list.ts';
import { findStepTable } from './queries/step-table.ts';
import { logsOf, logsOfSpan, spansOf } from './queries/telemetry.ts';
import type { LibraryReader } from './reader.ts';
import { makeRun, makeStep } from './runs.testing.ts';
import { openSearchIndex } from './search/search.testing.ts';
import { difference, makeLog, makeSpan, spanOf, textAttribute, traceOf, withDirectory } from './telemetry.testing.ts';

const group = traceOf(999);
const idOf = (trace: TraceId): RunId => runId(trace);
const long = (word: string): string =>
  JSON.stringify([
    { role: 'user', parts: [{ type: 'text', content: `${word} ${'words that say nothing '.repeat(40)}` }] },
  ]);
const spanIn = (trace: number, span: number, word = `word${span}`) =>
  makeSpan({
    traceId: traceOf(trace),
    spanId: spanOf(span),
    name: `step${span}`,
    attributes: [
      textAttribute('gen_ai.input.messages', long(word)),
      textAttribute('gen_ai.tool.call.arguments', `npm run notebook note${span}`),
    ],
  });

/** As the pipeline does: every run that has spans is assembled. */
function assemble(writer: LibraryWriter, number: number, spans: number, id: RunId = idOf(traceOf(number))): void {
  writer.replaceSteps(makeRun(number, { id, steps: Array.from({ length: spans }, (_, index) => makeStep(index)) }));
}

function figures(reader: LibraryReader) {
  const page = listRuns(reader, { filter: {}, sort: 'started', descending: false, limit: 10 });
  return { ids: page.runs.map((run) => run.id), totals: runTotals(reader, {}), counts: libraryFigures(reader).runs };
}

test('traces of one group are one run, whichever comes first, and all their ids lead to it', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const puts = writer.transaction(() => [
      writer.putSpan(spanIn(1, 1), group),
      writer.putSpan(spanIn(2, 2), group),
      writer.putSpan(spanIn(1, 3)),
      writer.putLog(makeLog({ traceId: undefined }), group),
    ]);
    expect(puts.map((put) => [put.runId, put.joined])).toEqual(Array.from({ length: 4 }, () => [group, undefined]));
    writer.transaction(() => assemble(writer, 1, 3, idOf(group)));
    const reader = openLibraryReader({ directory });
    for (const id of [group, traceOf(1), traceOf(2)])
      expect([
        findRun(reader, id)?.id,
        findStepTable(reader, id)?.runId,
        [...spansOf(reader, id)].length,
        logsOf(reader, id).length,
      ]).toEqual([group, group, 3, 1]);
    expect(runsById(reader, [traceOf(1), traceOf(2)]).map(({ id }) => id)).toEqual([group]);
    expect(findRuns(reader, traceOf(2).slice(0, 32))).toEqual([group]);
    expect(findRun(reader, traceOf(3))).toBeUndefined();
    reader.close();
    writer.close();
  }));

test('two runs that turn out to be one: spans, logs, totals, search and links follow; nothing counts twice', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const spans = [spanIn(1, 1), spanIn(1, 2), spanIn(2, 3, 'pelican'), spanIn(2, 4, 'walrus')];
    writer.transaction(() => {
      for (const span of spans) writer.putSpan(span);
      writer.putLog(makeLog({ traceId: traceOf(2), spanId: spanOf(3) }));
      assemble(writer, 1, 2);
      assemble(writer, 2, 2);
      // A take of the second one.
      writer.putSpan(spanIn(7, 9));
      writer.replaceSteps(makeRun(7, { parentRunId: idOf(traceOf(2)), forkStep: 1, steps: [makeStep(0)] }));
    });
    const index = openSearchIndex({ directory });
    while (index.indexNew(1_000).remaining);
    const reader = openLibraryReader({ directory });
    expect(
      listRuns(reader, { filter: { text: 'pelican' }, sort: 'started', descending: false, limit: 10 }).runs.map(
        ({ id }) => id,
      ),
    ).toEqual([traceOf(2)]);

    expect(writer.transaction(() => writer.putSpan(spanIn(1, 5), group)).joined).toBeUndefined();
    expect(writer.transaction(() => writer.putSpan(spanIn(2, 6), group))).toMatchObject({
      runId: traceOf(1),
      seq: 5,
      joined: [traceOf(2)],
    });
    expect(writer.runsNeedingAssembly()).toEqual([traceOf(1)]);
    writer.transaction(() => assemble(writer, 1, 6));
    expect(figures(reader)).toMatchObject({ ids: [traceOf(1), traceOf(7)], counts: 2 });
    // The next run does not get the number of the one that is no more.
    writer.transaction(() => {
      writer.putSpan(spanIn(3, 8, 'ostrich'));
      assemble(writer, 3, 1);
    });
    expect(figures(reader).ids).toEqual([traceOf(1), traceOf(3), traceOf(7)]);
    while (index.indexNew(1_000).remaining);
    const found = (query: string): readonly (readonly [string, number])[] =>
      index.search(query, { limit: 10 }).map((hit) => [hit.runId, hit.step]);
    expect([found('note3'), found('pelican'), found('walrus'), found('note6'), found('ostrich')]).toEqual([
      [[traceOf(1), 3]],
      [[traceOf(1), 3]],
      [[traceOf(1), 4]],
      [[traceOf(1), 5]],
      [[traceOf(3), 0]],
    ]);
    expect(
      listRuns(reader, { filter: { text: 'pelican' }, sort: 'started', descending: false, limit: 10 }).runs.map(
        ({ id }) => id,
      ),
    ).toEqual([traceOf(1)]);
    expect(
      listRuns(reader, { filter: { text: 'note4' }, sort: 'started', descending: false, limit: 10 }).runs.map(
        ({ id }) => id,
      ),
    ).toEqual([traceOf(1)]);
    const kept = [...spansOf(reader, traceOf(2))].map(({ span }) => span);
    expect(kept.map(({ spanId }) => spanId)).toEqual([1, 2, 5, 3, 4, 6].map(spanOf));
    for (const span of spans)
      expect(
        difference(
          kept.find(({ spanId }) => spanId === span.spanId),
          span,
        ),
      ).toBeUndefined();
    expect(logsOfSpan(reader, traceOf(1), spanOf(3))).toHaveLength(1);
    expect(findRun(reader, traceOf(7))).toMatchObject({
      parentRunId: traceOf(1),
      family: [{ id: traceOf(1) }, { id: traceOf(7) }],
    });
    expect(findRun(reader, traceOf(2))?.family.map(({ id }) => id)).toEqual([traceOf(1), traceOf(7)]);
    // The same spans again: nothing new.
    expect(
      writer.transaction(() => [...spans, spanIn(2, 6)].map((span) => writer.putSpan(span, group).outcome)),
    ).toEqual(['same', 'same', 'same', 'same', 'same']);
    reader.close();
    index.close();
    writer.close();
  }));

test('the run that bears the id of the group stays, though the other one is older', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      writer.putSpan(spanIn(1, 1));
      writer.putSpan(makeSpan({ traceId: group, spanId: spanOf(2) }));
    });
    expect(writer.transaction(() => writer.putSpan(spanIn(1, 3), group))).toMatchObject({
      runId: group,
      joined: [traceOf(1)],
    });
    writer.close();
  }));

test('runs with spans of one id stay two, and a span of another trace never takes the place of one', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      writer.putSpan(spanIn(1, 1), group);
      writer.putSpan(spanIn(2, 1));
      writer.putSpan(spanIn(2, 2), group);
    });
    expect(
      writer
        .transaction(() => [writer.putSpan(spanIn(1, 5), group), writer.putSpan(spanIn(2, 6), group)])
        .map((put) => [put.runId, put.outcome]),
    ).toEqual([
      [group, 'new'],
      [traceOf(2), 'new'],
    ]);
    expect(writer.transaction(() => writer.putSpan(spanIn(3, 1), group).outcome)).toBe('conflict');
    writer.close();
  }));

test('a join that is rolled back leaves both runs as they were', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      writer.putSpan(spanIn(1, 1), group);
      writer.putSpan(spanIn(2, 2));
      assemble(writer, 2, 1);
    });
    expect(() =>
      writer.transaction(() => {
        expect(writer.putSpan(spanIn(2, 3), group).joined).toEqual([traceOf(2)]);
        throw new Error('killed here');
      }),
    ).toThrow('killed here');
    expect(
      writer
        .transaction(() => [writer.putSpan(spanIn(1, 4)), writer.putSpan(spanIn(2, 3))])
        .map((put) => [put.runId, put.seq]),
    ).toEqual([
      [group, 1],
      [traceOf(2), 1],
    ]);
    writer.close();
  }));

test('a recording is found by every id that its run has had, and goes on under the one that it has', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const exchange = (seq: number) => ({
      seq,
      method: 'POST',
      path: '/',
      status: 200,
      contentType: undefined,
      spanId: spanOf(seq + 1),
      startedUs: 1,
      durationUs: 1,
      served: 'live',
      detail: '{}',
      request: Buffer.from(`ask ${seq}`),
      outgoing: undefined,
      response: Buffer.from('{}'),
    });
    writer.transaction(() => {
      writer.putSpan(spanIn(1, 1), group);
      writer.putRecording(traceOf(2), '{"before":true}');
      writer.putSpan(spanIn(2, 2));
      writer.putExchange(traceOf(2), exchange(0));
    });
    expect(writer.transaction(() => writer.putSpan(spanIn(2, 3), group)).joined).toEqual([traceOf(2)]);
    writer.transaction(() => {
      writer.putExchange(traceOf(2), exchange(1));
      writer.putRecording(traceOf(2), '{"after":true}');
    });
    const reader = openLibraryReader({ directory });
    for (const id of [group, traceOf(1), traceOf(2)]) {
      expect([
        findRecording(reader, id),
        findLaunch(reader, id),
        recordedCalls(reader, id).map(({ spanId }) => spanId),
      ]).toEqual([{ launch: '{"after":true}', exchanges: [0, 1] }, '{"after":true}', [spanOf(1), spanOf(2)]]);
      expect([0, 1].map((seq) => Buffer.from(findExchange(reader, id, seq)?.request ?? []).toString())).toEqual([
        'ask 0',
        'ask 1',
      ]);
    }
    reader.close();
    writer.close();
  }));
