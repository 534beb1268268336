import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually, fixturesDirectory, temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { BadRequest } from '../../base/faults.ts';
import { findRun } from '../../library/queries/run-detail.ts';
import { findStepTable } from '../../library/queries/step-table.ts';
import { spansOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import type { Door } from '../../receiver/request.ts';
import { viewSpan } from '../../telemetry/view-span.ts';
import { openPipeline } from './pipeline.testing.ts';
import type { OpenPipeline } from './pipeline.testing.ts';
import type { Pipeline } from './pipeline.ts';

let directory: TemporaryDirectory;
let reader: LibraryReader;
let pipeline: Pipeline;
let close: OpenPipeline['close'];
let changed: Set<string>;

beforeEach(async () => {
  directory = await temporaryDirectory();
  changed = new Set();
  ({ reader, pipeline, close } = openPipeline(directory.path, {
    events: { runsChanged: (runIds) => runIds.forEach((runId) => changed.add(runId)) },
  }));
});

afterEach(async () => {
  await close();
  await directory.remove();
});

const send = (door: Door, body: Buffer | string) =>
  pipeline.receive({ signal: 'traces', encoding: door, body: Buffer.from(body) });
const sent = (folder: string, number: number): Buffer => readFileSync(join(fixturesDirectory, folder, `${number}.txt`));

/** What went into the spans of a name and what came out, in the order of their starts. */
const contents = (runId: string, name: string): readonly unknown[] =>
  [...spansOf(reader, runId)]
    .map(({ span }) => viewSpan(span, []))
    .filter((span) => span.name === name)
    .toSorted((left, right) => Number(left.startNs - right.startNs))
    .map(({ attributes }) => [attributes.text('input.value'), attributes.text('output.value')]);

/** The only run, once it has as many steps and as much input as are awaited. */
async function onlyRun(steps: number, input: number) {
  const runId = await eventually(async () => {
    const [only] = [...changed];
    if (only === undefined || findStepTable(reader, only)?.kind.length !== steps) return undefined;
    return findRun(reader, only)?.usage.input === input ? only : undefined;
  }, 'the run');
  expect(changed.size).toBe(1);
  return { runId, run: findRun(reader, runId), table: findStepTable(reader, runId) };
}

describe('what the clients of LangSmith send', () => {
  test.each(['langsmith/py-0.15.1-live', 'langsmith/js-0.12.0-live'])('%s: one run that grows', async (folder) => {
    expect(await send('langsmith', sent(folder, 1))).toEqual({ rejected: 0, message: undefined });
    const begun = await eventually(async () => findRun(reader, [...changed][0] ?? ''), 'the beginning');
    expect([begun.status, begun.name]).toEqual(['running', 'weather agent']);
    for (const number of [2, 3, 4])
      expect(await send('langsmith', sent(folder, number))).toEqual({ rejected: 0, message: undefined });
    const { runId, run, table } = await onlyRun(4, 151);
    expect(run?.usage).toMatchObject({ input: 151, output: 25 });
    expect(table?.kind).toEqual(['chain', 'llm', 'tool', 'llm']);
    expect([...(table?.parent ?? [])]).toEqual([-1, 0, 0, 0]);
    // What went in came with the beginning, what came out with the end.
    expect(contents(runId, 'get_weather')).toEqual([[expect.stringContaining('Paris'), '18 degrees in Paris']]);
    expect(contents(runId, 'ChatOpenAI')).toEqual([
      [expect.stringContaining('eather in Paris?'), expect.stringContaining('call_1')],
      [expect.stringContaining('18 degrees in Paris'), expect.stringContaining('It is 18 degrees.')],
    ]);
    // A request that is sent again, because its answer was lost, adds nothing.
    await send('langsmith', sent(folder, 4));
    const again = await onlyRun(4, 151);
    expect([again.table?.duration, again.table?.input]).toEqual([table?.duration, table?.input]);
  });

  test('an end that comes before its beginning waits for it', async () => {
    const trace = { id: '01a22943-27a6-79e9-8782-2464cbee6b40', trace_id: '01a22943-27a6-79e9-8782-2464cbee6b40' };
    const end = { ...trace, end_time: '2026-11-29T21:43:18Z', outputs: { output: 'done' } };
    const early = await send('langsmith', JSON.stringify({ post: [], patch: [end] }));
    expect([early.rejected, early.message]).toEqual([0, expect.stringContaining('waits for it')]);
    const post = { ...trace, name: 'late', run_type: 'chain', start_time: '2026-11-29T21:43:16Z', inputs: { a: 1 } };
    await send('langsmith', JSON.stringify({ post: [post], patch: [] }));
    const runId = await eventually(async () => [...changed][0], 'the run');
    expect([findRun(reader, runId)?.name, [...(findStepTable(reader, runId)?.duration ?? [])]]).toEqual([
      'late',
      [2_000],
    ]);
  });

  test('a body that is none of theirs is refused in words, and its neighbours are stored', async () => {
    const answers = await Promise.allSettled([
      send('langsmith', '{"hello": 1}'),
      send('langsmith', 'no JSON'),
      send('langsmith', sent('langsmith/py-0.15.1-live', 1)),
      send('langsmith', ''),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'rejected']);
    for (const answer of answers)
      if (answer.status === 'rejected') {
        expect(answer.reason).toBeInstanceOf(BadRequest);
        expect(String(answer.reason)).toContain('no runs of LangSmith');
      }
  });
});

test('what the clients of Langfuse before OpenTelemetry send: one run that grows, without a step that nobody made', async () => {
  const folder = 'langfuse-export/py-2.60.10-live';
  const first = await send('langfuse', sent(folder, 1));
  expect([first.rejected, first.message]).toEqual([0, expect.stringContaining('has no step yet')]);
  expect(await send('langfuse', sent(folder, 2))).toEqual({ rejected: 0, message: undefined });
  const begun = await eventually(async () => findRun(reader, [...changed][0] ?? ''), 'the beginning');
  // What the trace said of itself in the first request stands on its first step.
  expect([begun.status, begun.name, begun.userId]).toEqual(['running', 'weather agent', 'ada']);
  expect(await send('langfuse', sent(folder, 3))).toEqual({ rejected: 0, message: undefined });
  const { runId, table } = await onlyRun(3, 61);
  expect([table?.kind, [...(table?.parent ?? [])]]).toEqual([
    ['chain', 'llm', 'chain'],
    [-1, 0, 0],
  ]);
  expect(findRun(reader, runId)?.usage).toMatchObject({ input: 61, output: 17 });
  await expect(send('langfuse', '{"batch":[{"type":"sdk-log","body":{}}]}')).rejects.toThrow(BadRequest);
});

test("the OpenAI Agents SDK: the trace's name comes first, its spans as they end", async () => {
  const path = join(fixturesDirectory, 'openai-agents-export/py-0.24.0-live/requests.jsonl');
  for (const body of readFileSync(path, 'utf8').trim().split('\n'))
    expect(await send('openai-agents', body)).toEqual({ rejected: 0, message: undefined });
  // Until the agent ends, something stands in for it.
  const runId = await eventually(async () => {
    const [only = ''] = [...changed];
    return findRun(reader, only)?.name === 'Weather workflow' ? only : undefined;
  }, 'the end of the agent');
  const table = findStepTable(reader, runId);
  expect([changed.size, findRun(reader, runId)?.usage]).toEqual([
    1,
    expect.objectContaining({ input: 61, output: 17 }),
  ]);
  expect([table?.kind, [...(table?.parent ?? [])]]).toEqual([
    ['agent', 'llm', 'tool'],
    [-1, 0, 0],
  ]);
  await expect(send('openai-agents', '{"data":[{"object":"file"}]}')).rejects.toThrow(BadRequest);
});
