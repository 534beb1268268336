import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cliCostsSchema,
  cliImportSchema,
  cliRunsSchema,
  cliSearchSchema,
  cliShowSchema,
} from '../../shared/cli-documents.ts';
import { capture, eventually, temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';

const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
const started = new Set<ChildProcess>();
let directory: TemporaryDirectory;
let runId: string;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], library = directory.path): ChildProcess {
  const child = spawn(process.execPath, [retake, ...args], {
    env: { ...process.env, RETAKE_LIBRARY: library },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

async function run(...args: readonly string[]): Promise<Ended> {
  const child = start(args);
  const texts = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

beforeAll(async () => {
  directory = await temporaryDirectory();
  const { code, stdout, stderr } = await run('import', '--json', capture('vercel-ai', 'normal'));
  expect([code, stderr]).toEqual([0, '']);
  const document = cliImportSchema.parse(JSON.parse(stdout));
  expect(document).toMatchObject({
    schema: 1,
    files: [{ format: 'otlp-json-lines', runs: 1, spans: 26, logs: 0, skipped: [], warnings: [] }],
  });
  runId = document.runIds[0] ?? '';
});

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await directory.remove();
});

test('--version says the version of package.json at once', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('runs --json lists what was imported, with unknown as null', async () => {
  const { code, stdout } = await run('runs', '--json');
  expect(code).toBe(0);
  const { runs } = cliRunsSchema.parse(JSON.parse(stdout));
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({
    id: runId,
    name: 'cost-research',
    llmCalls: 8,
    toolCalls: 9,
    errors: 0,
    usage: { input: 8946, output: 667, cacheRead: 7040, cacheWrite: null, reasoning: 327 },
    parentRunId: null,
  });
});

test('search finds steps by their words, and says what is no query', async () => {
  const { code, stdout } = await run('search', '--json', 'tool:web_search has:error,takes');
  expect([code, cliSearchSchema.parse(JSON.parse(stdout)).total]).toEqual([0, 0]);
  const found = cliSearchSchema.parse(JSON.parse((await run('search', '--json', 'tool:web_search price')).stdout));
  expect(found.runs[0]?.run.id).toBe(runId);
  for (const { kind, name, excerpt, ranges } of found.runs[0]?.hits ?? []) {
    expect([kind, name]).toEqual(['tool', 'web_search']);
    expect(ranges.map(([from, to]) => excerpt.slice(from, to).toLowerCase())).toContain('price');
  }
  expect(found.runs[0]?.hits.length).toBeGreaterThan(0);
  const people = await run('search', 'name:cost*');
  expect(people.stdout).toContain('cost-research');
  const wrong = await run('search', 'staus:error');
  expect(wrong).toEqual({ code: 1, stdout: '', stderr: 'retake: There is no key staus. Is status:error meant?\n' });
  expect(
    cliRunsSchema.parse(JSON.parse((await run('runs', '--json', '--where', 'steps>17')).stdout)).runs,
  ).toHaveLength(1);
  expect(cliRunsSchema.parse(JSON.parse((await run('runs', '--json', '--where', 'steps>18')).stdout)).runs).toEqual([]);
});

test('costs --json groups what runs spent, and the groups add up to it', async () => {
  const { code, stdout, stderr } = await run('costs', '--json', '--by', 'tool', '--limit', '1');
  expect([code, stderr]).toEqual([0, '']);
  const { groups, rest, total } = cliCostsSchema.parse(JSON.parse(stdout));
  const [listed] = cliRunsSchema.parse(JSON.parse((await run('runs', '--json')).stdout)).runs;
  expect(total.costUsd).toBeCloseTo(listed?.costUsd ?? 0, 8);
  expect(total.usage.input).toBe(listed?.usage.input);
  expect(Math.round(((groups[0]?.costUsd ?? 0) + (rest?.costUsd ?? 0)) * 1e9)).toBe(
    Math.round((total.costUsd ?? 0) * 1e9),
  );
  const { stdout: people } = await run('costs');
  expect(people).toMatch(/^MODEL .* COST\n[^]*\ntotal /);
  const days = await run('costs', '--days', '0');
  expect([days.code, days.stderr]).toEqual([2, expect.stringContaining('a whole number from 1 to 36500')]);
});

test('show --json takes the beginning of an id and gives steps; messages only when asked', async () => {
  const brief = cliShowSchema.parse(JSON.parse((await run('show', runId.slice(0, 6), '--json')).stdout));
  expect(brief.steps).toHaveLength(26);
  expect(
    brief.steps
      .filter(({ kind }) => kind === 'tool')
      .every(({ tool }) => tool?.arguments !== null && tool?.result !== null),
  ).toBe(true);
  expect(brief.steps.some((step) => 'input' in step)).toBe(false);
  const llm = brief.steps.findLast(({ kind }) => kind === 'llm')?.index ?? 0;
  const full = cliShowSchema.parse(
    JSON.parse((await run('show', runId, '--json', '--messages', '--step', String(llm))).stdout),
  );
  expect(full.steps).toHaveLength(1);
  expect(full.steps[0]?.input?.length).toBeGreaterThan(10);
  expect(full.steps[0]?.output?.[0]?.role).toBe('assistant');
});

test('people get a table without the escape codes of a trace', async () => {
  const { code, stdout } = await run('show', runId);
  expect(code).toBe(0);
  expect(stdout).toContain('web_search');
  expect(stdout).toContain('$0.0165');
  expect(stdout).not.toContain('\u001b');
});

test('export -o writes a file that imports as the same run, and nothing where it fails', async () => {
  const file = join(directory.path, 'export.pb');
  expect((await run('export', runId, '--format', 'otlp-proto', '-o', file)).code).toBe(0);
  const again = cliImportSchema.parse(
    JSON.parse((await run('import', '--json', '--library', join(directory.path, 'second'), file)).stdout),
  );
  expect(again).toMatchObject({ runIds: [runId], files: [{ format: 'otlp-proto', spans: 26, skipped: [] }] });
  const csv = (await run('export', runId, '--format', 'csv')).stdout.trimEnd().split('\r\n');
  expect(csv).toHaveLength(27);
  const missing = await run('export', runId, '-o', join(directory.path, 'no', 'such', 'folder'));
  expect([missing.code, missing.stdout]).toEqual([1, '']);
});

test('tags, a note and a name are given, shown, filtered by and taken away; what is too long is refused', async () => {
  expect(await run('tag', runId, 'baseline', 'slow')).toEqual({ code: 0, stdout: 'baseline\nslow\n', stderr: '' });
  expect((await run('tag', runId, 'slow', '--off')).stdout).toBe('baseline\n');
  expect((await run('note', runId, 'two\nlines')).stdout).toBe('two\nlines\n');
  expect((await run('rename', runId, 'the good one')).stdout).toBe('the good one\n');
  expect((await run('pin', runId)).code).toBe(0);
  const [listed] = cliRunsSchema.parse(JSON.parse((await run('runs', '--json', '--tag', 'baseline')).stdout)).runs;
  expect(listed).toMatchObject({
    name: 'the good one',
    ownName: 'cost-research',
    tags: ['baseline'],
    note: 'two\nlines',
    pinned: true,
  });
  expect(cliRunsSchema.parse(JSON.parse((await run('runs', '--json', '--tag', 'none')).stdout)).runs).toEqual([]);
  expect((await run('runs', '--pinned')).stdout).toContain('pinned, baseline');
  expect((await run('show', runId)).stdout).toContain('named by hand; it calls itself cost-research');
  expect((await run('rename', runId, '--off')).stdout).toBe('cost-research\n');
  expect((await run('note', runId, '--off')).stdout).toBe('');
  expect((await run('tag', runId, 'baseline', '--off')).stdout).toBe('');
  expect((await run('pin', runId, '--off')).code).toBe(0);
  const long = await run('tag', runId, 'x'.repeat(61));
  expect([long.code, long.stderr]).toEqual([2, 'retake: A tag has at most 60 characters.\n']);
  expect((await run('note', runId, ' ')).code).toBe(2);
});

test('mistakes are one sentence on the standard error, with their exit code', async () => {
  const unknown = await run('show', 'ffff');
  expect(unknown).toMatchObject({ code: 1, stdout: '' });
  expect(unknown.stderr).toMatch(/^retake: No run begins with ffff: .*\n$/);
  expect(await run('show', runId, '--step', '99')).toMatchObject({ code: 1, stdout: '' });
  expect((await run('show', runId, '--step', 'x')).code).toBe(2);
  expect((await run('frobnicate')).code).toBe(2);
  const file = fileURLToPath(import.meta.url);
  const foreign = await run('import', '--json', file);
  expect(foreign.code).toBe(1);
  expect(cliImportSchema.parse(JSON.parse(foreign.stdout)).files[0]).toMatchObject({
    path: file,
    format: 'unknown',
    spans: 0,
  });
  expect(cliImportSchema.parse(JSON.parse(foreign.stdout)).files[0]?.skipped.length).toBe(1);
});

test('a reader that goes away is no error', async () => {
  const child = start(['show', runId, '--json', '--messages']);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout?.once('data', () => child.stdout?.destroy());
  const [code] = (await once(child, 'close')) as [number | null];
  expect([code, stderr]).toEqual([0, '']);
});

describe('beside a running Retake', () => {
  test('reading works, and what is imported goes through it: report and exit code as if alone', async () => {
    const server = start(['serve', '--port', '0', '--otlp-port', '0', '--otlp-grpc-port', '0', '--no-open']);
    let address = '';
    server.stdout?.setEncoding('utf8').on('data', (text: string) => (address += text));
    await eventually(() => Promise.resolve(address.includes('\n') ? true : undefined), 'the address');
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}\n$/);
    expect((await run('runs')).code).toBe(0);
    const beside = await run('import', '--json', capture('langfuse', 'normal'));
    expect([beside.code, beside.stderr]).toEqual([0, '']);
    const foreign = await run('import', fileURLToPath(import.meta.url));
    server.kill('SIGTERM');
    const [code] = (await once(server, 'exit')) as [number | null];
    expect(code).toBe(0);
    const alone = cliImportSchema.parse(
      JSON.parse((await run('import', '--json', capture('langfuse', 'normal'))).stdout),
    );
    const { files, runIds } = cliImportSchema.parse(JSON.parse(beside.stdout));
    expect(alone.runIds).toEqual(runIds);
    expect(alone.files).toEqual(files);
    expect(await run('import', fileURLToPath(import.meta.url))).toEqual(foreign);
    expect(foreign.code).toBe(1);
    expect(beside.stdout).toContain('"spans"');
  });
});
