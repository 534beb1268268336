import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cliLibrarySchema, cliRunsSchema } from '../../shared/cli-documents.ts';
import { capture, temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';

const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
let folder: TemporaryDirectory;
let library: string;

async function run(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [retake, ...args], {
    env: { ...process.env, RETAKE_LIBRARY: library },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

beforeEach(async () => {
  folder = await temporaryDirectory();
  library = join(folder.path, 'library');
});
afterEach(() => folder.remove());

/** Five processes: each step is what the one before left behind. */
test('a damaged library: the doctor says what to do and rebuilds what can be read; its backup is a library with the same runs', async () => {
  expect((await run('import', capture('vercel-ai', 'normal'), capture('openai-agents', 'normal'))).code).toBe(0);
  const file = join(library, 'library.db');
  const bytes = await readFile(file);
  bytes.fill(0, 0, 20);
  await writeFile(file, bytes);
  const looked = await run('doctor');
  expect(looked.code).toBe(1);
  expect(looked.stderr).toContain('retake doctor --repair');
  expect(await readFile(file)).toEqual(bytes);
  const repaired = await run('doctor', '--repair');
  expect(repaired.stdout).toMatch(
    /Rebuilt: 2 runs, \d+ spans, 0 logs, 0 recorded calls\.\nLost: nothing that is known\./,
  );
  expect(repaired.code).toBe(0);
  const aside = (await readdir(library)).filter((name) => name.startsWith('set-aside-'));
  expect(aside).toHaveLength(1);
  expect(await readFile(join(library, aside[0] ?? '', 'library.db'))).toEqual(bytes);
  const to = join(folder.path, 'backup');
  expect(await run('backup', to)).toMatchObject({ code: 0, stderr: '' });
  expect(await readdir(to)).toEqual(['library.db']);
  const { stdout } = await run('runs', '--json', '--library', to);
  expect(
    cliRunsSchema
      .parse(JSON.parse(stdout))
      .runs.map(({ name }) => name)
      .toSorted(),
  ).toEqual(['Cost question', 'cost-research']);
});

test('what takes the room is told by agent, and as one document', async () => {
  await run('import', capture('vercel-ai', 'normal'), capture('openai-agents', 'normal'));
  const { stdout } = await run('library', '--json');
  const { agents, followersBytes, restBytes, totalBytes } = cliLibrarySchema.parse(JSON.parse(stdout));
  expect(agents.reduce((runs, agent) => runs + agent.runs, 0)).toBe(2);
  const counted = agents.map((one) => one.spansBytes + one.contentsBytes + one.stepsBytes + one.recordingsBytes);
  expect(Math.min(...counted)).toBeGreaterThan(1_000);
  // Each figure is rounded by itself.
  expect(Math.abs(counted.reduce((sum, bytes) => sum + bytes, followersBytes + restBytes) - totalBytes)).toBeLessThan(
    20,
  );
  const table = (await run('library')).stdout;
  expect(table).toMatch(/^AGENT +RUNS +SPANS +CONTENTS +STEPS +RECORDINGS +MB\n/);
  for (const { agent } of agents) expect(table).toContain(agent ?? 'without one');
});
