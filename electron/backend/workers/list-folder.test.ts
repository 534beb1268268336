import { copyFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixturesDirectory, temporaryDirectory } from '../backend.testing.ts';
import { listFolder } from './list-folder.ts';

test('a folder of sessions is listed by the beginnings of its files, whatever their length; what is no session is named by kind', async () => {
  const directory = await temporaryDirectory();
  const put = (name: string, ...fixture: readonly string[]): string => {
    const path = join(directory.path, name);
    mkdirSync(join(path, '..'), { recursive: true });
    copyFileSync(join(fixturesDirectory, ...fixture), path);
    return path;
  };
  const claude = put('projects/a.jsonl', 'claude-code', '2.1.330-session', 'transcript.jsonl');
  // Longer than any reader would hold: nothing but its beginning is looked at.
  truncateSync(claude, 20 * 1024 * 1024 * 1024);
  put('sessions/2026/11/rollout.jsonl', 'codex', '0.169.0-session', 'rollout.jsonl');
  put('chats/chat.jsonl', 'gemini-cli', '0.61.0-session', 'chat.jsonl');
  put('qwen/chat.jsonl', 'qwen-code', '0.15.10-session', 'chat.jsonl');
  put('copilot/events.jsonl', 'copilot', '1.0.102-session', 'events.jsonl');
  writeFileSync(join(directory.path, 'settings.json'), '{"theme":"dark"}');
  writeFileSync(join(directory.path, 'notes.txt'), 'words');
  writeFileSync(join(directory.path, 'more.txt'), 'words');
  writeFileSync(join(directory.path, 'empty'), '');
  const { files, others } = await listFolder(directory.path, undefined);
  expect(
    files
      .map(({ holds, session, prompt, bytes, startedMs }) => [
        holds,
        session,
        prompt,
        bytes > 20e9,
        startedMs !== undefined,
      ])
      .toSorted(([left], [right]) => String(left).localeCompare(String(right))),
  ).toEqual([
    [
      'sessions of Claude Code',
      '815b7ba3-1cc3-4612-8b55-8ec7a099162a',
      'There is a failing test in this repo. Find out why and fix it, then confirm the whole suite passes.',
      true,
      true,
    ],
    [
      'sessions of Codex',
      '01a2097e-e4df-7611-a428-c319ea1660be',
      'There is a failing test in this repo. Find out why and fix it, then confirm the whole suite passes.',
      false,
      true,
    ],
    [
      'sessions of Copilot CLI',
      'ebe1c2a4-9f30-4870-994d-2fa4ad91da4a',
      'How many words does notes.txt have?',
      false,
      true,
    ],
    ['sessions of Gemini CLI', 'd4ea5b0b-0672-4459-9709-f120dc67b686', expect.any(String), false, true],
    [
      'sessions of Qwen Code',
      '92ce0eb6-3cce-469d-b1e8-d3754d7f928e',
      'How many words does notes.txt have?',
      false,
      true,
    ],
  ]);
  expect(new Map(others.map(({ reason, files: count }) => [reason.slice(0, 12), count]))).toEqual(
    new Map([
      ['JSON without', 1],
      ['empty', 1],
      ['text that is', 2],
    ]),
  );
  await directory.remove();
});
