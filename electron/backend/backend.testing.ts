import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** For tests of the backend as a whole. */

export const fixturesDirectory = fileURLToPath(new URL('../../e2e/fixtures/', import.meta.url));

/** Path of a real capture: OTLP JSON, one request a line. */
export function capture(client: string, run: string): string {
  return join(fixturesDirectory, client, run, 'traces.jsonl');
}

/** The requests of a capture, in the order in which the client sent them. */
export async function captureRequests(client: string, run: string): Promise<readonly string[]> {
  return (await readFile(capture(client, run), 'utf8')).split('\n').filter((line) => line.trim() !== '');
}

export interface TemporaryDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'retake-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Polls until the value is there: for work that the backend does after its answer. */
export async function eventually<T>(
  read: () => Promise<T | undefined>,
  what: string,
  patienceMs = 120_000,
): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > until) throw new Error(`${what} did not happen within ${patienceMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
