import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startScriptedModel } from '../../e2e/agents/scripted-model.ts';
import { cliImportSchema, cliTakesSchema } from '../../shared/cli-documents.ts';
import { temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';
import { plantedSecrets, plantedTrace, writings } from '../backend/redaction/redaction.testing.ts';

/** A run that is handed on: no secret in its bytes, and in another library it is still what it was. */
const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

async function run(library: string, ...words: readonly string[]) {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_BASE_URL$|^OTEL_|^RETAKE_|KEY/.test(name)),
  );
  const child = spawn(process.execPath, [retake, ...words], {
    cwd: directory.path,
    env: { ...environment, RETAKE_LIBRARY: join(directory.path, library) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('latin1').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

async function importInto(library: string, ...files: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await run(library, 'import', '--json', ...files);
  expect([code, stderr]).toEqual([0, '']);
  return cliImportSchema.parse(JSON.parse(stdout)).runIds;
}

test('200 secrets of more than 40 kinds: none is in the bytes of any format', { timeout: 300_000 }, async () => {
  const secrets = plantedSecrets(200, 11);
  const ways = Object.values(writings);
  const planted = secrets.map(({ text, value }, index) => ({
    value,
    text: (ways[index % ways.length] ?? String)(text, value),
  }));
  const trace = join(directory.path, 'planted.json');
  writeFileSync(trace, plantedTrace(planted));
  const [runId = ''] = await importInto('library', trace);
  const plain = await run('library', 'export', runId);
  expect(plain.stderr).toContain('Written as it is: API keys and passwords ×');
  expect(plain.stderr).toContain('Add --redact');
  const bare = secrets.filter((_, index) => index % ways.length === 0);
  expect(bare.filter(({ value }) => !plain.stdout.includes(JSON.stringify(value).slice(1, -1)))).toEqual([]);
  for (const format of ['otlp-json', 'otlp-proto', 'csv', 'html', 'markdown']) {
    const { code, stdout, stderr } = await run('library', 'export', runId, '--redact', '--format', format);
    expect([code, stderr]).toEqual([0, expect.stringContaining('Replaced: API keys and passwords ×')]);
    expect(stdout.length).toBeGreaterThan(format === 'markdown' ? 300 : 10_000);
    const left = secrets.filter(({ value }) =>
      [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)].some((form) => stdout.includes(form)),
    );
    expect(left.map(({ kind }) => `${kind} in ${format}`)).toEqual([]);
  }
});

test('files of costs: a warning as they are, no secret in them with --redact', { timeout: 120_000 }, async () => {
  const secrets = plantedSecrets(60, 5);
  const trace = join(directory.path, 'planted.json');
  writeFileSync(trace, plantedTrace(secrets));
  await importInto('library', trace);
  const isIn = ({ value }: { readonly value: string }, text: string): boolean =>
    [value, JSON.stringify(value).slice(1, -1)].some((form) => text.includes(form));
  for (const form of ['--csv', '--focus']) {
    const plain = await run('library', 'costs', form);
    expect(plain.stderr).toContain('Written as it is: API keys and passwords ×');
    expect(secrets.filter((secret) => isIn(secret, plain.stdout)).length).toBeGreaterThan(40);
    const redacted = await run('library', 'costs', form, '--redact');
    expect(redacted.stderr).toContain('Replaced: API keys and passwords ×');
    expect(secrets.filter((secret) => isIn(secret, redacted.stdout))).toEqual([]);
    const kept = await run('library', 'costs', form, '--redact', '--keep', 'home');
    expect(kept.stderr).toContain('Left as they are: Home folders ×3.');
  }
  const refused = await run('library', 'costs', '--redact');
  expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining('add --csv or --focus')]);
});

const key = `sk-proj-${'Ab3dE6gHi9KlMn2pQr5tUv8x'}`;

/** Looks for secrets and goes on with what it was told; what its tool prints, it sends back. */
const agent = `
const system = 'You work in /home/maxine/shop for maxine@acme-shop.com.';
const messages = [{ role: 'system', content: system }, { role: 'user', content: 'Who am I?' }];
for (;;) {
  const response = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', messages, tools: [{ type: 'function', function: { name: 'whoami', parameters: { type: 'object' } } }] }) });
  if (!response.ok) throw new Error(await response.text());
  const { message } = (await response.json()).choices[0];
  messages.push(message);
  if (!message.tool_calls) { console.log(message.content); break; }
  for (const call of message.tool_calls)
    messages.push({ role: 'tool', tool_call_id: call.id, content: JSON.stringify({ cwd: '/home/maxine/shop', mail: 'maxine@acme-shop.com', at: 'db.internal', token: '${key}' }) });
}`;

test(
  'a take tree is handed on redacted: the same tree, equal but for the names, and it replays without a live call',
  { timeout: 300_000 },
  async () => {
    writeFileSync(join(directory.path, 'agent.mjs'), agent);
    const command = ['--', process.execPath, 'agent.mjs'];
    const model = await startScriptedModel({
      script: ({ results }) =>
        results.length < 2 ? [{ name: 'whoami', arguments: { of: '/home/maxine/shop' } }] : undefined,
    });
    const recorded = await run('library', 'run', '--upstream', model.url, ...command);
    expect([recorded.code, recorded.stderr]).toEqual([0, expect.stringContaining('recording run')]);
    const runId = recorded.stdout.trim().split('\n').at(-1) ?? '';
    const rerun = async (library: string, id: string, ...options: readonly string[]) => {
      const { code, stdout, stderr } = await run(library, 'rerun', id, '--yes', '--json', ...options, ...command);
      expect([code, stderr]).toEqual([0, expect.anything()]);
      return cliTakesSchema.parse(JSON.parse(stdout)).takes[0];
    };
    await rerun('library', runId, '--from', '3', '--upstream', model.url);
    await model.close();
    const files = ['parent.json', 'tree.json'].map((name) => join(directory.path, name));
    const [parent = '', tree = ''] = files;
    expect((await run('library', 'export', runId, '--redact', '-o', parent)).code).toBe(0);
    expect((await run('library', 'export', runId, '--redact', '--takes', '-o', tree)).code).toBe(0);
    for (const file of files)
      for (const secret of ['maxine', 'acme-shop', 'db.internal', key])
        expect(readFileSync(file, 'utf8').includes(secret)).toBe(false);

    const brought = await importInto('other', tree);
    expect(brought).toHaveLength(2);
    const shown = await Promise.all(
      ['library', 'other'].map(
        async (library) =>
          JSON.parse((await run(library, 'runs', '--json')).stdout) as {
            runs: { id: string; parentRunId?: string; forkStep?: number }[];
          },
      ),
    );
    const [before, after] = shown.map(({ runs }) =>
      runs.map(({ id, parentRunId, forkStep }) => ({ id, parentRunId, forkStep })),
    );
    expect(after).toEqual(before);
    expect(after?.find(({ parentRunId }) => parentRunId === runId)?.forkStep).toBe(3);

    const replayed = await rerun('other', runId, '--resume', '--trust', '--upstream', 'http://127.0.0.1:9');
    expect(replayed).toMatchObject({ status: 'ok', served: { live: 0, recorded: 3 } });
  },
);
