import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliDiffSchema, cliImportSchema } from '../../shared/cli-documents.ts';
import { capture, temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';
import { judge, parseCondition } from './commands/diff-conditions.ts';

const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
let directory: TemporaryDirectory;
let normal: string;
let alt: string;

async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [retake, ...args], {
    env: { ...process.env, RETAKE_LIBRARY: directory.path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

beforeAll(async () => {
  directory = await temporaryDirectory();
  const { stdout } = await run('import', '--json', capture('vercel-ai', 'normal'), capture('vercel-ai', 'alt'));
  [normal = '', alt = ''] = cliImportSchema.parse(JSON.parse(stdout)).runIds;
});

afterAll(() => directory.remove());

test('--json is the document, with indices of retake show and null for none', async () => {
  const { code, stdout, stderr } = await run('diff', normal.slice(0, 8), alt.slice(0, 8), '--json');
  expect([code, stderr]).toEqual([0, '']);
  const document = cliDiffSchema.parse(JSON.parse(stdout));
  expect(document).toMatchObject({
    schema: 1,
    a: normal,
    b: alt,
    delta: { steps: -8, input: -4214, output: -433 },
    firstDivergence: { a: 6, b: 6, what: 'answer' },
    notices: [],
  });
  expect(document.pairs).toContainEqual({
    a: null,
    b: 8,
    state: 'added',
    differs: [],
    confidence: 1,
    ignored: [],
    cause: 6,
    edits: null,
  });
  expect(document.pairs).toContainEqual({
    a: 3,
    b: 3,
    state: 'same',
    differs: [],
    confidence: 1,
    ignored: [],
    cause: null,
    edits: null,
  });
  expect(document.conditions).toBeUndefined();
});

test('a condition that holds ends with 3 and says so, one that does not with 0', async () => {
  const held = await run('diff', normal, alt, '--json', '--fail-on', 'steps>+2', '--fail-on', 'divergence');
  expect([held.code, held.stderr]).toEqual([3, 'retake: --fail-on divergence holds (1)\n']);
  expect(cliDiffSchema.parse(JSON.parse(held.stdout)).conditions).toEqual([
    { condition: 'steps>+2', figure: -8, met: false },
    { condition: 'divergence', figure: 1, met: true },
  ]);
  expect((await run('diff', normal, alt, '--fail-on', 'cost>+10%')).code).toBe(0);
  expect((await run('diff', alt, normal, '--fail-on', 'cost>+10%')).code).toBe(3);
});

test('a mistyped condition or rule is a fault of the command line', async () => {
  const condition = await run('diff', normal, alt, '--fail-on', 'coast>+10%');
  expect(condition.code).toBe(2);
  expect(condition.stderr).toContain('write a figure (cost, input,');
  expect((await run('diff', normal, alt, '--ignore', 'everything')).code).toBe(2);
  expect((await run('diff', normal, 'ffffffff')).code).toBe(1);
});

test('text and Markdown name the divergence; a rule can be switched off', async () => {
  const text = await run('diff', normal, alt);
  expect(text.stdout).toContain(
    'First divergence: step 6: the model answered the same context with other tool calls (claude-haiku-4-5 instead of gpt-5.4)',
  );
  expect(text.stdout).toMatch(/≠ +6 +6 +llm +gpt-5\.4 → fetch_page .*… +output, model +first divergence/);
  const markdown = await run('diff', normal, alt, '--markdown');
  expect(markdown.stdout).toContain('| steps | 26 | 18 | −8 (−31 %) |');
  const strict = cliDiffSchema.parse(
    JSON.parse((await run('diff', normal, alt, '--json', '--count', 'all', '--ignore', 'times')).stdout),
  );
  expect(strict.pairs.flatMap(({ ignored }) => ignored)).toEqual([]);
});

test('conditions: values, changes and percent, and unknown figures are not judged', () => {
  const runOf = (costUsd: number | undefined, steps: number) =>
    ({ costUsd, unpricedCalls: 0, steps, usage: {} }) as Parameters<typeof judge>[1];
  const alignment = { firstDivergence: undefined } as Parameters<typeof judge>[3];
  const result = (text: string, a: Parameters<typeof judge>[1], b: Parameters<typeof judge>[1]) =>
    judge(parseCondition(text), a, b, alignment);
  expect(result('cost>+10%', runOf(1, 1), runOf(1.2, 1))).toMatchObject({ figure: expect.closeTo(20, 9), met: true });
  expect(result('cost>+20.5%', runOf(1, 1), runOf(1.2, 1)).met).toBe(false);
  expect(result('steps<-2', runOf(1, 9), runOf(1, 6))).toMatchObject({ figure: -3, met: true });
  expect(result('cost>=0.5', runOf(undefined, 1), runOf(0.5, 1)).met).toBe(true);
  expect(result('cost>+10%', runOf(0, 1), runOf(0.1, 1)).met).toBe(true);
  expect(result('divergence', runOf(0, 1), runOf(0, 1)).met).toBe(false);
  expect(() => result('cost>+10%', runOf(undefined, 1), runOf(0.5, 1))).toThrow('unknown in run a');
});
