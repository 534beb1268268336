import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContractRouterClient } from '@orpc/contract';
import { createRouterClient } from '@orpc/server';
import type { Contract } from '../../shared/contract.ts';
import { generateRun, generateSmallRuns, wholeConversation } from '../support/generate-runs.ts';
import { interleave, median, printReport, timed } from './harness.ts';
import type { BenchRow } from './harness.ts';

/**
 * `npm run bench`: goal, figure, met or not. Every figure is a ratio of two things measured in this run, so that it
 * says the same on a slow and a fast machine. Drives the built backend as the window and the command line do.
 */
type Client = ContractRouterClient<Contract>;
interface Backend {
  readonly router: Parameters<typeof createRouterClient>[0];
  close(): Promise<void>;
}
interface BuiltBackend {
  readonly createBackend: (options: {
    readonly libraryDirectory: string;
    readonly receive: boolean;
    readonly otlpHttpPort: undefined;
    readonly otlpGrpcPort: undefined;
    readonly version: string;
  }) => Promise<Backend>;
}

const builtBackend = new URL('../../dist/backend/backend.js', import.meta.url);
if (!existsSync(builtBackend)) throw new Error('Build first: npm run build');
const { createBackend } = (await import(builtBackend.href)) as BuiltBackend;
const scratch = mkdtempSync(join(tmpdir(), 'retake-bench-'));
const rounds = Number(process.env.RETAKE_BENCH_ROUNDS ?? 5);

/** `closed` sees the folder after the last checkpoint. */
async function withLibrary<T>(work: (client: Client) => Promise<T>, closed?: (directory: string) => void): Promise<T> {
  const directory = mkdtempSync(join(scratch, 'library-'));
  const backend = await createBackend({
    libraryDirectory: directory,
    receive: false,
    otlpHttpPort: undefined,
    otlpGrpcPort: undefined,
    version: 'bench',
  });
  try {
    const client = createRouterClient(backend.router) as unknown as Client;
    // The first call starts the worker threads: their start is not part of any figure here.
    await client.runs.list({ filter: {}, sort: 'started', descending: true, limit: 1 });
    await importFile(client, emptyFile);
    return await work(client);
  } finally {
    await backend.close();
    closed?.(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}

async function importFile(client: Client, path: string): Promise<readonly string[]> {
  for await (const event of await client.files.importPaths({ paths: [path] })) {
    if (event.type === 'done') return event.runIds;
  }
  throw new Error(`The import of ${path} ended without a report`);
}

function writeLines(name: string, lines: Iterable<string>): string {
  const path = join(scratch, name);
  const file = openSync(path, 'w');
  for (const line of lines) writeSync(file, `${line}\n`);
  closeSync(file);
  return path;
}

function directoryBytes(directory: string, only: RegExp): number {
  return readdirSync(directory)
    .filter((name) => only.test(name))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

const emptyFile = writeLines('empty.jsonl', ['{"resourceSpans":[]}']);

async function importRow(): Promise<readonly BenchRow[]> {
  const path = writeLines('conversation-200.jsonl', generateRun(wholeConversation(1, 200)));
  const bytes = statSync(path).size;
  let stored = 0;
  const { left, right } = await interleave(rounds, {
    left: () =>
      withLibrary(
        (client) => timed(() => importFile(client, path)),
        (directory) => {
          stored = directoryBytes(directory, /^library\.db/);
        },
      ),
    right: () =>
      timed(() => {
        for (const line of readFileSync(path, 'utf8').split('\n')) if (line) JSON.parse(line);
      }),
  });
  const megabytes = (bytes / 1e6).toFixed(0);
  return [
    {
      name: 'import, 200 steps',
      meaning: 'import of the file to its commit / JSON.parse of the same bytes',
      goal: 1,
      figure: left / right,
      detail: `${left.toFixed(0)} ms / ${right.toFixed(0)} ms, ${megabytes} MB`,
    },
    {
      name: 'on disk, 200 steps',
      meaning: 'library without search index / OTLP JSON',
      goal: 0.015,
      figure: stored / bytes,
      detail: `${(stored / 1e6).toFixed(2)} MB / ${megabytes} MB`,
    },
  ];
}

async function openRunRow(): Promise<BenchRow> {
  const shape = { contextLimitBytes: 24_000, resultBytes: [300, 900] as const };
  const small = writeLines('steps-1000.jsonl', generateRun({ ...wholeConversation(2, 500), ...shape }));
  const large = writeLines('steps-10000.jsonl', generateRun({ ...wholeConversation(3, 5_000), ...shape }));
  return withLibrary(async (client) => {
    const [smallId] = await importFile(client, small);
    const [largeId] = await importFile(client, large);
    if (!smallId || !largeId) throw new Error('The generated runs were not imported');
    const { left, right } = await interleave(rounds * 2, {
      left: () => timed(() => client.steps.table({ runId: largeId })),
      right: () => timed(() => client.steps.table({ runId: smallId })),
    });
    return {
      name: 'open a run',
      meaning: '10,000 steps / 1,000 steps',
      goal: 11,
      figure: left / right,
      detail: `${left.toFixed(1)} ms / ${right.toFixed(1)} ms`,
    };
  });
}

async function listRows(): Promise<readonly BenchRow[]> {
  const few = writeLines('runs-1000.jsonl', generateSmallRuns(1_000));
  const many = writeLines('runs-100000.jsonl', generateSmallRuns(100_000));
  const list = async (client: Client, cursor?: string): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 20; round++)
      times.push(
        await timed(() =>
          client.runs.list({
            filter: {},
            sort: 'cost',
            descending: true,
            limit: 100,
            ...(cursor === undefined ? {} : { cursor }),
          }),
        ),
      );
    return median(times);
  };
  const right = await withLibrary(async (client) => {
    await importFile(client, few);
    return list(client);
  });
  const [left, deep] = await withLibrary(async (client) => {
    await importFile(client, many);
    const first = await list(client);
    let cursor: string | undefined;
    for (let page = 0; page < 900; page++)
      cursor = (
        await client.runs.list({
          filter: {},
          sort: 'cost',
          descending: true,
          limit: 100,
          ...(cursor === undefined ? {} : { cursor }),
        })
      ).nextCursor;
    return [first, await list(client, cursor)] as const;
  });
  return [
    {
      name: 'list runs',
      meaning: 'first 100 by cost, of 100,000 / of 1,000',
      goal: 1.5,
      figure: left / right,
      detail: `${left.toFixed(1)} ms / ${right.toFixed(1)} ms`,
    },
    {
      name: 'list runs, far down',
      meaning: 'the 901st hundred by cost / the first',
      goal: 2,
      figure: deep / left,
      detail: `${deep.toFixed(1)} ms / ${left.toFixed(1)} ms`,
    },
  ];
}

try {
  const rows = [...(await importRow()), await openRunRow(), ...(await listRows())];
  process.exitCode = printReport(rows) ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
