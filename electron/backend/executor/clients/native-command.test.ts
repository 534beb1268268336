import { expect, test } from 'vitest';
import { claudeCommand } from './claude-code/claude-command.ts';
import { codexCommand } from './codex/codex-command.ts';

const cwd = '/home/dev/shop';
const claude = (...command: readonly string[]) => claudeCommand({ command, cwd }, ['-p', 'Continue.', '--resume', 'S']);
const codex = (...command: readonly string[]) => codexCommand({ command, cwd }, ['resume', 'newSession', 'Continue.']);

test('Claude Code: its program and how it works are kept, its task and its session are not', () => {
  expect(
    claude(
      '/opt/claude',
      '-p',
      'Tidy up',
      '--model',
      'claude-sonnet-4-5',
      '--allowedTools',
      'Bash',
      'Edit',
      '--session-id',
      'x',
      '--output-format=json',
      '--dangerously-skip-permissions',
    ),
  ).toEqual([
    '/opt/claude',
    '--model',
    'claude-sonnet-4-5',
    '--allowedTools',
    'Bash',
    'Edit',
    '--output-format=json',
    '--dangerously-skip-permissions',
    '-p',
    'Continue.',
    '--resume',
    'S',
  ]);
  expect(claude('node_modules/.bin/claude', '--permission-mode', 'plan', '--', '--verbose')).toEqual([
    `${cwd}/node_modules/.bin/claude`,
    '--permission-mode',
    'plan',
    '-p',
    'Continue.',
    '--resume',
    'S',
  ]);
  expect(claude('npx', '-y', 'claude', '-c', '--add-dir', '../lib', '-p', 'go')).toEqual([
    'npx',
    '-y',
    'claude',
    '--add-dir',
    '../lib',
    '-p',
    'Continue.',
    '--resume',
    'S',
  ]);
});

test('Codex: options before and after `exec` stay on their sides', () => {
  expect(
    codex(
      'codex',
      '-c',
      'model_provider="mine"',
      '--search',
      'exec',
      '--skip-git-repo-check',
      '-m',
      'gpt-5.1',
      '-o',
      'answer.txt',
      '-C',
      '/elsewhere',
      '--ephemeral',
      'exec the plan',
    ),
  ).toEqual([
    'codex',
    '-c',
    'model_provider="mine"',
    '--search',
    'exec',
    '--skip-git-repo-check',
    '-m',
    'gpt-5.1',
    'resume',
    'newSession',
    'Continue.',
  ]);
  // A value that reads like the subcommand.
  expect(codex('codex', '--profile', 'exec', 'exec', 'go')).toEqual([
    'codex',
    '--profile',
    'exec',
    'exec',
    'resume',
    'newSession',
    'Continue.',
  ]);
  expect(codex('codex', 'Tidy up', '--yolo')).toEqual(['codex', '--yolo', 'exec', 'resume', 'newSession', 'Continue.']);
});

test('a start of something else, one with a key in it, or none: the client that PATH finds', () => {
  for (const command of [
    codexCommand(undefined, ['resume']),
    codex('python', 'agent.py', '-m', 'x'),
    codex('claude', '--verbose'),
    codex('codex', '-c', 'key="[key removed]"', 'exec', 'go'),
  ])
    expect(command.slice(0, 3)).toEqual(['codex', 'exec', 'resume']);
  expect(claudeCommand(undefined, ['-p', 'x'])).toEqual(['claude', '-p', 'x']);
});
