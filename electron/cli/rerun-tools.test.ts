import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startScriptedModel } from '../../e2e/agents/scripted-model.ts';
import type { ScriptedModel } from '../../e2e/agents/scripted-model.ts';
import { cliTakesSchema } from '../../shared/cli-documents.ts';
import { temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';

/** Takes of an agent whose tools ask Retake first, by the command line: what runs, what is answered, what a foreign run can do. */
const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
const wrapper = fileURLToPath(new URL('../backend/executor/hands/retake-tools.mjs', import.meta.url));
let directory: TemporaryDirectory;
let model: ScriptedModel;

const agent = `
import { appendFileSync, writeFileSync } from 'node:fs';
import { retakeTool } from ${JSON.stringify(wrapper)};
const tools = {
  look_up: retakeTool('look_up', ({ q }) => { appendFileSync(process.env.TOOL_LOG, 'look_up ' + q + '\\n'); return { found: q, at: Date.now(), pid: process.pid }; }),
  create_file: retakeTool('create_file', ({ path, text }) => { appendFileSync(process.env.TOOL_LOG, 'create_file\\n'); writeFileSync(path, text); return 'created'; }),
};
const messages = [{ role: 'user', content: 'make it' }];
for (;;) {
  const response = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', messages, tools: Object.keys(tools).map((name) => ({ type: 'function', function: { name, parameters: {} } })) }) });
  if (!response.ok) throw new Error(await response.text());
  const { message } = (await response.json()).choices[0];
  messages.push(message);
  if (!message.tool_calls?.length) { console.log(message.content); break; }
  for (const call of message.tool_calls) {
    const content = await tools[call.function.name](JSON.parse(call.function.arguments)).then((value) => (typeof value === 'string' ? value : JSON.stringify(value)), (error) => 'error: ' + error.message);
    messages.push({ role: 'tool', tool_call_id: call.id, content });
  }
}
`;

beforeEach(async () => {
  directory = await temporaryDirectory();
  mkdirSync(join(directory.path, 'project'));
  writeFileSync(join(directory.path, 'project/agent.mjs'), agent);
  const script = [
    { name: 'look_up', arguments: { q: 'a' } },
    { name: 'create_file', arguments: { path: 'made.txt', text: 'x' } },
    { name: 'look_up', arguments: { q: 'b' } },
  ];
  model = await startScriptedModel({
    script: ({ results }) =>
      results.length < script.length ? script.slice(results.length, results.length + 1) : undefined,
  });
});
afterEach(async () => {
  await model.close();
  await directory.remove();
});

async function run(
  library: string,
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_BASE_URL$|^OTEL_|^RETAKE_/.test(name)),
  );
  const child = spawn(process.execPath, [retake, ...args], {
    cwd: join(directory.path, 'project'),
    env: { ...environment, RETAKE_LIBRARY: join(directory.path, library), TOOL_LOG: join(directory.path, 'tools.log') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  return once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
}

const made = (): string => join(directory.path, 'project/made.txt');
const command = ['--', process.execPath, 'agent.mjs'];

async function record(): Promise<string> {
  const { code, stdout, stderr } = await run('library', 'run', '--upstream', model.url, ...command);
  expect([code, stderr]).toEqual([0, expect.stringContaining('recording run')]);
  expect([ran(), existsSync(made())]).toEqual([['look_up a', 'create_file', 'look_up b'], true]);
  rmSync(made());
  return stdout.trim().split('\n').at(-1) ?? '';
}

function ran(): readonly string[] {
  const log = join(directory.path, 'tools.log');
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').trim().split('\n');
  rmSync(log);
  return lines;
}

async function rerun(library: string, runId: string, from: number, ...options: readonly string[]) {
  const ended = await run(library, 'rerun', runId, '--from', String(from), '--yes', '--json', ...options);
  return { ...ended, take: ended.stdout === '' ? undefined : cliTakesSchema.parse(JSON.parse(ended.stdout)).takes[0] };
}

test('before the fork every tool is answered from the recording, exactly: nothing runs, nothing drifts', async () => {
  const runId = await record();
  const whole = await rerun('library', runId, 8, '--upstream', 'http://127.0.0.1:9', ...command);
  expect([whole.code, whole.take?.served, whole.take?.drifted]).toEqual([
    0,
    { recorded: 4, live: 0, edited: 0, held: 0, extra: 0, skipped: 0 },
    [],
  ]);
  expect(whole.stderr).toContain(
    'Retake stands before these tools and decides by its rules: look_up ×2, create_file ×1',
  );
  expect([ran(), existsSync(made())]).toEqual([[], false]);
  // A take of the take has the same results: they were kept with it.
  const again = await rerun('library', whole.take?.runId ?? '', 8, '--upstream', 'http://127.0.0.1:9', ...command);
  expect([again.take?.served.recorded, again.take?.drifted, ran()]).toEqual([4, [], []]);
});

test('after the fork what only reads runs, what changes things waits for a person, who is not there; a rule lets it run', async () => {
  const runId = await record();
  const asked = await rerun('library', runId, 1, '--upstream', model.url, '--after-fork', 'live', ...command);
  expect([ran(), existsSync(made())]).toEqual([expect.arrayContaining(['look_up a']), false]);
  expect(asked.take?.served.live).toBeGreaterThan(1);
  const allowed = await rerun(
    'library',
    runId,
    1,
    '--upstream',
    model.url,
    '--after-fork',
    'live',
    '--tools',
    'create_*=live',
    ...command,
  );
  expect([allowed.code, ran(), existsSync(made())]).toEqual([0, ['look_up a', 'create_file', 'look_up b'], true]);
});

test('an imported run creates no file, whatever its model asks for and the rules say', async () => {
  const runId = await record();
  const file = join(directory.path, 'shared.json');
  await run('library', 'export', runId, '-o', file);
  const imported = JSON.parse((await run('other', 'import', '--json', file)).stdout) as { runIds: string[] };
  const foreign = imported.runIds[0] ?? '';
  const untrusted = await rerun('other', foreign, 8, ...command);
  expect([untrusted.code, untrusted.stderr]).toEqual([1, expect.stringContaining('was not recorded by this install')]);
  const replayed = await rerun('other', foreign, 8, '--trust', '--upstream', 'http://127.0.0.1:9', ...command);
  expect([replayed.take?.served.recorded, ran(), existsSync(made())]).toEqual([4, [], false]);
  const forced = await rerun(
    'other',
    foreign,
    8,
    '--trust',
    '--upstream',
    'http://127.0.0.1:9',
    '--tools',
    'live',
    ...command,
  );
  expect([forced.take?.served.live, ran(), existsSync(made())]).toEqual([0, [], false]);
});

test('in a copy of the folder, what the take makes is there and said; the folder stays as it is', async () => {
  const runId = await record();
  const before = readdirSync(join(directory.path, 'project'));
  const { take, stderr } = await rerun(
    'library',
    runId,
    1,
    '--upstream',
    model.url,
    '--after-fork',
    'live',
    '--tools',
    'live',
    '--workspace',
    'copy',
    ...command,
  );
  expect([take?.status, ran(), readdirSync(join(directory.path, 'project'))]).toEqual([
    'ok',
    ['look_up a', 'create_file', 'look_up b'],
    before,
  ]);
  const [, kept = ''] = /which is kept in (\S+): made\.txt\./.exec(stderr) ?? [];
  expect(readFileSync(join(kept, 'made.txt'), 'utf8')).toBe('x');
});
