import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startScriptedModel } from '../../e2e/agents/scripted-model.ts';
import { temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';
import { startAskedServer } from '../backend/executor/snippets/snippets.testing.ts';

/** A recorded call, written by the program that is built, and asked again by hand: the same request. */
const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

async function run(command: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_BASE_URL$|^OTEL_|^RETAKE_|KEY/.test(name)),
  );
  const child = spawn(command, words, {
    cwd: directory.path,
    env: { ...env, RETAKE_LIBRARY: join(directory.path, 'library'), ...environment },
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

const key = `sk-proj-${'Ab3dE6gHi9KlMn2pQr5tUv8x'}`;
const body = JSON.stringify({
  model: 'm',
  messages: [
    {
      role: 'user',
      content: `I am "maxine@acme-shop.com" in /home/maxine, $(id) \`id\` !! ${'RETAKE_REQUEST'}\nRETAKE_REQUEST\n`,
    },
  ],
  temperature: 0.25,
  own: { deep: [1.5, null, true] },
});
const agent = `
const answer = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} });
if (!answer.ok) throw new Error(await answer.text());`;

test('retake show --as writes a program that asks again', { timeout: 120_000 }, async () => {
  writeFileSync(join(directory.path, 'agent.mjs'), agent);
  const model = await startScriptedModel({ script: () => undefined });
  const recorded = await run(process.execPath, [
    retake,
    'run',
    '--upstream',
    model.url,
    '--',
    process.execPath,
    'agent.mjs',
  ]);
  await model.close();
  expect([recorded.code, recorded.stderr]).toEqual([0, expect.stringContaining('recording run')]);
  const runId = recorded.stdout.trim().split('\n').at(-1) ?? '';
  const show = (...words: readonly string[]) => run(process.execPath, [retake, 'show', runId, ...words]);
  const steps = (JSON.parse((await show('--json')).stdout) as { steps: { kind: string; index: number }[] }).steps;
  const step = String(steps.find(({ kind }) => kind === 'llm')?.index);

  const asIs = await show('--step', step, '--as', 'curl', '--no-redact');
  expect([asIs.code, asIs.stderr]).toEqual([0, expect.stringContaining('Written as it is')]);
  const server = await startAskedServer();
  writeFileSync(join(directory.path, 'call.sh'), asIs.stdout);
  const asked = await run('bash', ['call.sh'], { OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: key });
  expect([asked.code, asked.stderr]).toEqual([0, '']);
  expect(server.take().map((call) => ({ ...call, body: JSON.parse(call.body) as unknown }))).toEqual([
    { path: '/v1/chat/completions', key, body: JSON.parse(body) },
  ]);
  await server.close();

  for (const language of ['curl', 'python', 'typescript']) {
    const { code, stdout, stderr } = await show('--step', step, '--as', language);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^Names stand in 2 places: E-mail addresses ×1, Home folders ×1\. Put your own/),
    ]);
    for (const secret of ['maxine', 'acme-shop', key]) expect(stdout).not.toContain(secret);
    expect(stdout).toContain('[mail-1]');
    expect(stdout).toContain('OPENAI_API_KEY');
  }
  expect((await show('--as', 'curl')).stderr).toContain('give it with --step N');
  const root = steps.find(({ kind }) => kind !== 'llm')?.index;
  expect((await show('--step', String(root), '--as', 'curl')).stderr).toContain('is no model call');
});
