import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContractRouterClient } from '@orpc/contract';
import { createRouterClient } from '@orpc/server';
import type { Contract } from '../../shared/contract.ts';

/** The built backend, driven as the window and the command line do. */
export type Client = ContractRouterClient<Contract>;
interface Backend {
  readonly router: Parameters<typeof createRouterClient>[0];
  close(): Promise<void>;
}
interface BuiltBackend {
  readonly createBackend: (options: {
    readonly libraryDirectory: string;
    readonly receive: boolean;
    readonly otlpHttpPort: number | undefined;
    readonly otlpGrpcPort: undefined;
    readonly version: string;
  }) => Promise<Backend>;
}

const builtBackend = new URL('../../dist/backend/backend.js', import.meta.url);
if (!existsSync(builtBackend)) throw new Error('Build first: npm run build');
const { createBackend } = (await import(builtBackend.href)) as BuiltBackend;
/** Where a program of the benchmark writes; gone when it ends. */
export const scratch = mkdtempSync(join(tmpdir(), 'retake-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

/** `RETAKE_BENCH_SCALE=0.02`: a look at whether it works, on a fiftieth of everything; its figures say nothing. */
const scale = Number(process.env.RETAKE_BENCH_SCALE ?? 1);
export const scaled = (count: number): number => Math.max(4, Math.round(count * scale));

export const newFolder = (): string => mkdtempSync(join(scratch, 'library-'));

/** Works with the library in the folder. The first calls start the worker threads: their start is part of no figure. */
export async function withBackend<T>(
  directory: string,
  work: (client: Client) => Promise<T>,
  { receive = false, otlpHttpPort }: { readonly receive?: boolean; readonly otlpHttpPort?: number } = {},
): Promise<T> {
  const backend = await createBackend({
    libraryDirectory: directory,
    receive,
    otlpHttpPort,
    otlpGrpcPort: undefined,
    version: 'bench',
  });
  try {
    const client = createRouterClient(backend.router) as unknown as Client;
    await client.runs.list({ filter: {}, sort: 'started', descending: true, limit: 1 });
    await importFile(client, emptyFile);
    return await work(client);
  } finally {
    await backend.close();
  }
}

/** As `withBackend`, in a new library; `closed` sees its folder after the last checkpoint. */
export async function withLibrary<T>(
  work: (client: Client) => Promise<T>,
  closed?: (directory: string) => void,
): Promise<T> {
  const directory = newFolder();
  try {
    const result = await withBackend(directory, work);
    closed?.(directory);
    return result;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Ids of its runs. */
export async function importFile(client: Client, path: string): Promise<readonly string[]> {
  for await (const event of await client.files.importPaths({ paths: [path] })) {
    if (event.type === 'done') return event.runIds;
  }
  throw new Error(`The import of ${path} ended without a report`);
}

export function writeLines(name: string, lines: Iterable<string>): string {
  const path = join(scratch, name);
  const file = openSync(path, 'w');
  for (const line of lines) writeSync(file, `${line}\n`);
  closeSync(file);
  return path;
}

export const libraryBytes = (directory: string): number => directoryBytes(directory, /^library\.db/);

export function directoryBytes(directory: string, only: RegExp): number {
  return readdirSync(directory)
    .filter((name) => only.test(name))
    .reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

const emptyFile = writeLines('empty.jsonl', ['{"resourceSpans":[]}']);
