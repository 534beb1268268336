import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { findNativeFork } from './native-sessions.ts';

/** Session files of real clients (Claude Code 2.1.330, Codex 0.169.0), cut to what is read of them. */
const claudeSession = '815b7ba3-1cc3-4612-8b55-8ec7a099162a';
const codexSession = '01a2097e-e4df-7611-a428-c319ea1660be';
const fixture = (name: string): string => fileURLToPath(new URL(`../../../../e2e/fixtures/${name}`, import.meta.url));
let home: TemporaryDirectory;
const codexFolder = (): string => join(home.path, '.codex/sessions/2026/11/23');

beforeEach(async () => {
  home = await temporaryDirectory();
  await mkdir(join(home.path, '.claude/projects/-home-dev-shop-cart'), { recursive: true });
  await mkdir(codexFolder(), { recursive: true });
  await cp(
    fixture('claude-code/2.1.330-session/transcript.jsonl'),
    join(home.path, '.claude/projects/-home-dev-shop-cart', `${claudeSession}.jsonl`),
  );
  await cp(
    fixture('codex/0.169.0-session/rollout.jsonl'),
    join(codexFolder(), `rollout-2026-11-23T17-40-40-${codexSession}.jsonl`),
  );
});
afterEach(() => home.remove());

const find = (sessionId: string | undefined, place: Partial<Parameters<typeof findNativeFork>[1]>) =>
  findNativeFork(sessionId, { answerIds: [], toolCallIds: undefined, callsBefore: 0, ...place }, { HOME: home.path });

test('Claude Code: resumes at the message before the answer, past the attachments between them', async () => {
  const fork = await find(claudeSession, { answerIds: ['req_TU3OC4toyJhYUvZFsaST'] });
  expect(fork?.cwd).toBe('/home/dev/project/demo/shop-cart');
  // The result row that the second call answers; two attachments stand between.
  expect(fork?.command).toEqual([
    'claude',
    '-p',
    'Continue.',
    '--resume',
    claudeSession,
    '--resume-session-at',
    expect.stringMatching(/^95e15018-/),
    '--fork-session',
  ]);
  expect(await find(claudeSession, { answerIds: ['msg_LBd2ihyptPEXBoXx8hoyxeMG'] })).toMatchObject({
    command: fork?.command,
  });
});

test('Claude Code: without ids of the answer, the results that the model had seen tell the place', async () => {
  const fork = await find(claudeSession, {
    toolCallIds: ['toolu_eGcPrj2mBumOSQCx4BBYnYOn', 'toolu_Bx6mrqN2907VA2dxoTUYRbNr'],
  });
  expect(fork?.command).toContain('--resume-session-at');
  expect(fork?.command[6]).toMatch(/^95e15018-/);
});

test('Claude Code: its first call has nothing before it, an unknown call is said to be unknown', async () => {
  await expect(find(claudeSession, { answerIds: ['req_unknown'] })).rejects.toThrow('does not hold the fork step');
});

test('Codex: a copy that ends before the answer, under a new id; the session itself stays as it is', async () => {
  const original = await readFile(join(codexFolder(), `rollout-2026-11-23T17-40-40-${codexSession}.jsonl`), 'utf8');
  const fork = await find(codexSession, { answerIds: ['resp_IDISKHCTxww7xt1ITEep5lN5lxUwWfXbNwzqjB6g'] });
  expect(fork?.command).toEqual(['codex', 'exec', 'resume', 'newSession', 'Continue.']);
  const id = (await fork?.make()) ?? '';
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  const files = await readdir(codexFolder());
  expect(files).toHaveLength(2);
  const copied = (await readFile(join(codexFolder(), files.find((name) => name.includes(id)) ?? ''), 'utf8'))
    .trim()
    .split('\n')
    .map(
      (line) =>
        JSON.parse(line) as {
          readonly type: string;
          readonly payload: { readonly id?: string; readonly type?: string; readonly call_id?: string };
        },
    );
  expect(copied[0]?.payload.id).toBe(id);
  // Calls 0 and 1 with their results; the answer of call 2 begins after them.
  expect(
    copied.filter(({ payload }) => payload.type === 'custom_tool_call_output').map(({ payload }) => payload.call_id),
  ).toEqual(['call_06R70S9ZI1QeQBAr7xv2ul4f', 'call_n2YhT6pgpxSjZpz4q75yRhwn']);
  expect(
    copied.filter(({ payload }) => payload.type === 'custom_tool_call').map(({ payload }) => payload.call_id),
  ).toEqual(['call_06R70S9ZI1QeQBAr7xv2ul4f', 'call_n2YhT6pgpxSjZpz4q75yRhwn']);
  expect(await readFile(join(codexFolder(), `rollout-2026-11-23T17-40-40-${codexSession}.jsonl`), 'utf8')).toBe(
    original,
  );
});

test('the program and the options of the recorded start are kept', async () => {
  const cwd = '/home/dev/project/demo/shop-cart';
  const claude = await findNativeFork(
    claudeSession,
    { answerIds: ['req_TU3OC4toyJhYUvZFsaST'], toolCallIds: undefined, callsBefore: 0 },
    { HOME: home.path },
    { command: ['/opt/claude', '-p', 'Tidy up', '--allowedTools', 'Bash'], cwd },
  );
  expect(claude?.command.slice(0, 8)).toEqual([
    '/opt/claude',
    '--allowedTools',
    'Bash',
    '-p',
    'Continue.',
    '--resume',
    claudeSession,
    '--resume-session-at',
  ]);
  const codex = await findNativeFork(
    codexSession,
    { answerIds: [], toolCallIds: undefined, callsBefore: 1 },
    { HOME: home.path },
    { command: ['codex', 'exec', '-c', 'model_provider="mine"', 'Tidy up'], cwd },
  );
  expect(codex?.command).toEqual(['codex', 'exec', '-c', 'model_provider="mine"', 'resume', 'newSession', 'Continue.']);
  for (const fork of [claude, codex]) expect(fork?.essential.every((word) => fork.command.includes(word))).toBe(true);
});

test('Codex: by the results that the model had seen, or by the number of calls', async () => {
  const byResults = await find(codexSession, { toolCallIds: ['call_06R70S9ZI1QeQBAr7xv2ul4f'] });
  const byCount = await find(codexSession, { callsBefore: 1 });
  expect(byResults?.client).toBe('Codex');
  await byResults?.make();
  await byCount?.make();
  const lengths = await Promise.all(
    (await readdir(codexFolder()))
      .filter((name) => !name.includes(codexSession))
      .map(async (name) => (await readFile(join(codexFolder(), name), 'utf8')).split('\n').length),
  );
  expect(lengths[0]).toBe(lengths[1]);
});

test('an id that is not a UUID is looked for nowhere', async () => {
  expect(await find('../../etc/passwd', { callsBefore: 0 })).toBeUndefined();
  expect(await find(undefined, { callsBefore: 0 })).toBeUndefined();
  expect(await find('815b7ba3-1cc3-4612-8b55-000000000000', { callsBefore: 0 })).toBeUndefined();
});
