import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { nanos } from '../../../shared/model/units.ts';
import { packStepTable } from '../../../shared/packed-step-table.ts';
import type { RawSpan } from '../telemetry/raw-span.ts';
import { libraryFile } from './library-files.ts';
import { openLibraryReader, openLibraryWriter } from './open-library.ts';
import { listRuns, runTotals } from './queries/run-list.ts';
import { searchRuns } from './queries/search.ts';
import { findStepTable } from './queries/step-table.ts';
import { makeRun, makeStep } from './runs.testing.ts';
import { openSearchIndex } from './search/search.testing.ts';
import { makeSpan, spanOf, textAttribute, traceOf, withDirectory } from './telemetry.testing.ts';

// Speed and size, as ratios taken in one process. The bars are loose: they catch a change of order, not a busy machine.

const words =
  '"quoted" \\path {brace} error return const async function the request response value index file path test expected received module import from await promise undefined string number object array length name type config build failed retry timeout connection stream buffer node'.split(
    ' ',
  );

/** The same text each time: mulberry32, whose low bits are as random as its high ones. */
function textMaker(seed: number): (length: number) => string {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return (length) => {
    let text = '';
    while (text.length < length)
      text += `${words[next() % words.length] ?? ''}${next() % 9 === 0 ? `_${(next() % 46_656).toString(36)}` : ''}${next() % 12 === 0 ? '\n' : ' '}`;
    return text;
  };
}

interface Message {
  readonly role: string;
  readonly parts: readonly unknown[];
}

/** An agent of `steps` model calls that sends its whole history each time; and the same as one OTLP JSON text. */
function wholeConversation(
  steps: number,
  resultBytes: number,
): { readonly texts: readonly (readonly [string, string])[]; readonly json: string } {
  const make = textMaker(7);
  const history: Message[] = [{ role: 'user', parts: [{ type: 'text', content: make(3_000) }] }];
  const texts: (readonly [string, string])[] = [];
  for (let step = 0; step < steps; step++) {
    const answer: Message = {
      role: 'assistant',
      parts: [
        { type: 'text', content: make(200) },
        { type: 'tool_call', id: `call_${step}`, name: 'read', arguments: { path: make(20) } },
      ],
    };
    texts.push([JSON.stringify(history), JSON.stringify([{ ...answer, finish_reason: 'tool_call' }])]);
    history.push(answer, {
      role: 'tool',
      parts: [{ type: 'tool_call_response', id: `call_${step}`, response: make(resultBytes) }],
    });
  }
  const json = JSON.stringify({
    spans: texts.map(([input, output], step) => ({
      spanId: spanOf(step + 1),
      attributes: [
        { key: 'gen_ai.input.messages', value: { stringValue: input } },
        { key: 'gen_ai.output.messages', value: { stringValue: output } },
      ],
    })),
  });
  return { texts, json };
}

/** The spans of that JSON as a scanner would hand them over: ranges of its bytes, escapes in place. */
function scannedSpans(json: string, texts: readonly (readonly [string, string])[]): readonly RawSpan[] {
  const buffer = Buffer.from(json);
  let at = 0;
  const range = (text: string) => {
    const escaped = Buffer.from(JSON.stringify(text)).subarray(1, -1);
    const start = buffer.indexOf(escaped, at);
    at = start + escaped.length;
    return { form: 'text' as const, buffer, start, end: at, escaped: true };
  };
  return texts.map(([input, output], step) =>
    makeSpan({
      spanId: spanOf(step + 1),
      startNs: nanos(1_780_000_000_000_000_000n + BigInt(step)),
      attributes: [
        { key: 'gen_ai.input.messages', value: range(input) },
        { key: 'gen_ai.output.messages', value: range(output) },
        textAttribute('gen_ai.request.model', 'gpt-5'),
        { key: 'gen_ai.usage.input_tokens', value: { form: 'any', bytes: Buffer.from([0x18, step % 128]) } },
      ],
    }),
  );
}

/** Bytes of the rows: pages are some KB, which would hide what a small library grows by. */
function rowBytes(directory: string): number {
  const database = new Database(libraryFile(directory), { readonly: true });
  const bytes = database.prepare<[], number>('SELECT sum(payload) FROM dbstat').pluck().get() ?? 0;
  database.close();
  return bytes;
}

async function storedSize(spans: Iterable<RawSpan>): Promise<{ readonly bytes: number; readonly rows: number }> {
  return withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.setDurability('import');
    writer.transaction(() => {
      for (const span of spans) writer.putSpan(span);
    });
    writer.close();
    return { bytes: statSync(libraryFile(directory)).size, rows: rowBytes(directory) };
  });
}

// That it is put faster than JSON.parse reads it: e2e/bench/goals.ts.
test('200 steps with the whole conversation: under 1.5 % of the JSON on disk', async () => {
  const { texts, json } = wholeConversation(200, 6_000);
  const spans = scannedSpans(json, texts);
  const share = (await storedSize(spans)).bytes / Buffer.byteLength(json);
  console.log(
    `200 steps: ${(Buffer.byteLength(json) / 1e6).toFixed(1)} MB of JSON → ${(share * 100).toFixed(2)} % on disk`,
  );
  expect(share).toBeLessThan(0.015);
});

test('a stuck loop grows with its turns, not with their square', async () => {
  const turn = ['user', 'assistant']
    .map((role) => JSON.stringify({ role, content: `${role} says the same again and again, ${'word '.repeat(40)}` }))
    .join(',');
  const tools = JSON.stringify([
    { name: 'a', description: 'x'.repeat(300) },
    { name: 'b', description: 'y'.repeat(300) },
  ]);
  for (const [head, foot] of [
    ['[', ']'],
    ['{"model":"m","messages":[', `],"tools":${tools}}`],
  ] as const) {
    // Each prompt is the one before, one turn longer, in one buffer: written as a string, 4,000 of them would be 7 GB.
    const run = (turns: number) =>
      storedSize(
        (function* spans() {
          const buffer = Buffer.alloc(head.length + (turn.length + 1) * turns + foot.length);
          let end = buffer.write(head);
          for (let count = 1; count <= turns; count++) {
            end += buffer.write(count === 1 ? turn : `,${turn}`, end);
            buffer.write(foot, end);
            yield makeSpan({
              spanId: spanOf(count),
              attributes: [
                {
                  key: 'gen_ai.input.messages',
                  value: { form: 'text', buffer, start: 0, end: end + foot.length, escaped: false },
                },
              ],
            });
          }
        })(),
      );
    const empty = (await run(1)).rows;
    const short = await run(2_000);
    const long = await run(4_000);
    console.log(`stuck loop: 2,000 turns ${short.rows - empty} bytes, 4,000 turns ${long.rows - empty} bytes`);
    expect((long.rows - empty) / (short.rows - empty)).toBeLessThan(2.2);
    expect(long.rows - empty).toBeLessThan(600_000);
  }
});

test('a re-run that shares its first half adds only its own half', async () => {
  const { texts } = wholeConversation(60, 12_000);
  const span = (trace: number, step: number, text: string): RawSpan =>
    makeSpan({
      traceId: traceOf(trace),
      spanId: spanOf(step + 1),
      attributes: [textAttribute('gen_ai.input.messages', text)],
    });
  const original = texts.map(([input], step) => span(1, step, input));
  const other = textMaker(99);
  const history = JSON.parse(texts[30]?.[0] ?? '[]') as Message[];
  const take = texts.map(([input], step) => {
    if (step < 30) return span(2, step, input);
    const text = JSON.stringify(history);
    history.push(
      { role: 'assistant', parts: [{ type: 'text', content: other(300) }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', response: other(12_000) }] },
    );
    return span(2, step, text);
  });
  const empty = (await storedSize([])).rows;
  const first = (await storedSize(original)).rows - empty;
  const both = (await storedSize([...original, ...take])).rows - empty;
  console.log(`take: first run ${first} bytes, its take adds ${both - first}`);
  expect((both - first) / first).toBeLessThan(0.6);
});

// That a page of 100,000 runs comes as quickly as one of 1,000, and 10,000 steps in ten times what 1,000 take: e2e/bench/goals.ts.
test(
  'every run comes once, in order, when pages follow each other to the end; one of all is found by its text',
  () =>
    withDirectory((directory) => {
      const runs = 5_000;
      const writer = openLibraryWriter({ directory });
      writer.setDurability('import');
      const steps = [makeStep(0)];
      writer.transaction(() => {
        for (let number = 1; number <= runs; number++) {
          writer.putSpan(makeSpan({ traceId: traceOf(number) }));
          const failed = number % 50 === 0;
          writer.replaceSteps(
            makeRun(number, {
              steps,
              costUsd: (number * 7_919) % 1_000,
              agent: `agent ${number % 13}`,
              errors: failed ? 1 : 0,
              status: failed ? 'error' : 'ok',
            }),
          );
        }
      });
      const reader = openLibraryReader({ directory });
      const costs: number[] = [];
      const ids = new Set<string>();
      let cursor: string | undefined;
      do {
        const page = listRuns(reader, { filter: {}, sort: 'cost', descending: true, cursor, limit: 50 });
        for (const { id, costUsd } of page.runs) {
          ids.add(id);
          costs.push(costUsd ?? -1);
        }
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      expect(ids.size).toBe(runs);
      expect(costs).toEqual(costs.toSorted((a, b) => b - a));
      expect(runTotals(reader, { status: ['error'] }).runs).toBe(runs / 50);
      reader.close();
      const index = openSearchIndex({ directory });
      while (index.indexNew(1_000).remaining);
      expect(searchRuns(index.reader, { query: '"run 4777"', limit: 50, perRun: 5 })).toMatchObject({
        total: 1,
        runs: [{ run: { name: 'run 4777' } }],
      });
      index.close();
      writer.close();
    }),
  120_000,
);

test(
  'a run of 10,000 steps opens as columns, of about a hundred bytes a step',
  () =>
    withDirectory((directory) => {
      const writer = openLibraryWriter({ directory });
      const steps = Array.from({ length: 10_000 }, (_, index) => makeStep(index));
      writer.transaction(() => {
        writer.putSpan(makeSpan());
        writer.replaceSteps(makeRun(1, { steps }));
      });
      const reader = openLibraryReader({ directory });
      const table = findStepTable(reader, makeRun(1).id);
      if (!table) throw new Error('There is no table of the run.');
      expect(table.kind).toHaveLength(10_000);
      const { bytes, ...rest } = packStepTable(table);
      expect((bytes.byteLength + Buffer.byteLength(JSON.stringify(rest))) / 10_000).toBeLessThan(150);
      reader.close();
      writer.close();
    }),
  60_000,
);
