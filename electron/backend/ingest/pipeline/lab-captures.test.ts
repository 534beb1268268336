import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nanos } from '../../../../shared/model/units.ts';
import { fixturesDirectory, temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { groupedClients } from '../../executor/clients/grouped-clients.ts';
import type { LibraryWriter } from '../../library/library.ts';
import { openLibraryReader, openLibraryWriter } from '../../library/open-library.ts';
import { listRuns } from '../../library/queries/run-list.ts';
import { stepsOf } from '../../library/queries/steps.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { createPipeline } from './pipeline.ts';
import type { Pipeline } from './pipeline.ts';

/** Captures of the lab (`npm run lab`), through the real pipeline and library, beside what the model server saw and billed. */
let directory: TemporaryDirectory;
let library: LibraryWriter;
let reader: LibraryReader;
let pipeline: Pipeline;

beforeEach(async () => {
  directory = await temporaryDirectory();
  library = openLibraryWriter({ directory: directory.path });
  reader = openLibraryReader({ directory: directory.path });
  pipeline = createPipeline({
    clients: groupedClients(),
    library,
    quietMs: 60_000,
    price: () => ({ kind: 'none', reason: 'not priced in this test' }),
    clock: { nowMs: () => performance.now(), nowNs: () => nanos(BigInt(Date.now()) * 1_000_000n) },
    events: { runsChanged: () => undefined, stored: () => undefined, problem: () => undefined },
  });
});

afterEach(async () => {
  await pipeline.close();
  reader.close();
  library.close();
  await directory.remove();
});

interface Truth {
  readonly llmCallsOk: number;
  readonly llmCallsFailed: number;
  readonly usageTotal: Readonly<Record<'input' | 'cached' | 'cacheWrite' | 'output' | 'reasoning', number>>;
  readonly llmCalls: readonly { readonly status: number }[];
  readonly toolCalls: readonly { readonly llmSeq: number; readonly name: string }[];
}

type Count = 'input' | 'output' | 'cacheRead' | 'cacheWrite' | 'reasoning';

/** What its client does not send: unknown in Retake, whatever the server counted. */
const captures: readonly {
  readonly folder: string;
  readonly unsent?: readonly Count[];
  readonly unseenFailures?: number;
}[] = [
  { folder: 'logfire/5.4.0-openai-stream', unsent: ['cacheWrite'] },
  { folder: 'langsmith-otel/0.14.17-openai-fatal', unsent: ['cacheWrite'] },
];

it.each(captures)(
  '$folder: calls, tools in their order and tokens as the server saw them',
  async ({ folder, unsent = [], unseenFailures = 0 }) => {
    const truth = JSON.parse(readFileSync(join(fixturesDirectory, folder, 'truth.json'), 'utf8')) as Truth;
    for (const signal of ['traces', 'logs'] as const)
      for (const body of linesOf(folder, signal)) {
        const { rejected } = await pipeline.receive({ signal, encoding: 'json', body: Buffer.from(body) });
        expect(rejected).toBe(0);
      }
    await pipeline.close();
    for (const runId of library.runsNeedingAssembly()) pipeline.finishRun(runId);

    const { runs } = listRuns(reader, { filter: {}, sort: 'started', descending: false, limit: 100 });
    const steps = runs.flatMap(({ id }) => stepsOf(reader, id).map(({ step }) => step.facts));
    const order = steps.flatMap(({ kind, name, status }) =>
      kind === 'llm' ? [status === 'error' ? 'failed call' : 'call'] : kind === 'tool' ? [name] : [],
    );
    const sum = (count: Count): number | undefined =>
      runs.reduce<number | undefined>(
        (all, { usage }) => (usage[count] === undefined ? all : (all ?? 0) + usage[count]),
        undefined,
      );
    const billed: Readonly<Record<Count, number>> = {
      input: truth.usageTotal.input,
      output: truth.usageTotal.output,
      cacheRead: truth.usageTotal.cached,
      cacheWrite: truth.usageTotal.cacheWrite,
      reasoning: truth.usageTotal.reasoning,
    };
    const counts = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const;
    expect({
      calls: runs.reduce((all, { llmCalls }) => all + llmCalls, 0),
      order,
      tokens: counts.map((count) => [count, sum(count)]),
    }).toEqual({
      calls: truth.llmCallsOk,
      order: truth.llmCalls.flatMap(({ status }, seq) =>
        status !== 200 && unseenFailures > 0
          ? []
          : [
              status === 200 ? 'call' : 'failed call',
              ...truth.toolCalls.filter(({ llmSeq }) => llmSeq === seq).map(({ name }) => name),
            ],
      ),
      tokens: counts.map((count) => [count, unsent.includes(count) ? undefined : billed[count]]),
    });
  },
);

function linesOf(folder: string, signal: 'traces' | 'logs'): readonly string[] {
  const file = ['', '.gz'].map((end) => join(fixturesDirectory, folder, `${signal}.jsonl${end}`)).find(existsSync);
  if (file === undefined) return [];
  const bytes = readFileSync(file);
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trim().split('\n');
}
