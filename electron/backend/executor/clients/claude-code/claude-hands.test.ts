import { mkdirSync, readFileSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../backend.testing.ts';
import type { TemporaryDirectory } from '../../../backend.testing.ts';
import type { ClientHands } from '../client.ts';
import { switchToGateway } from '../switch-to-gateway.ts';
import { claudeHands } from './claude-hands.ts';

let directory: TemporaryDirectory;
let hands: ClientHands | undefined;
beforeEach(async () => {
  directory = await temporaryDirectory();
  mkdirSync(join(directory.path, 'project'));
});
afterEach(async () => {
  await hands?.dispose();
  await directory.remove();
});

function write(path: string, value: unknown): string {
  const file = join(directory.path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
  return file;
}

async function started(...given: readonly string[]): Promise<readonly string[]> {
  hands = await claudeHands({
    arguments: given,
    cwd: join(directory.path, 'project'),
    environment: { HOME: directory.path },
  });
  return hands.arguments(given);
}

interface Settings {
  readonly hooks: {
    readonly PreToolUse: readonly {
      readonly matcher: string;
      readonly hooks: readonly { readonly command: string; readonly timeout: number }[];
    }[];
  };
}
const settingsOf = (given: readonly string[]): Settings =>
  JSON.parse(given[given.indexOf('--settings') + 1] ?? '') as Settings;
const serversOf = (given: readonly string[]) =>
  (
    JSON.parse(readFileSync(given[given.indexOf('--mcp-config') + 1] ?? '', 'utf8')) as {
      mcpServers: Record<string, { command: string; args: string[]; env: Record<string, string> }>;
    }
  ).mcpServers;

describe("Claude Code's start in a take", () => {
  test('has the hook before all tools; the rest of the command is as it was', async () => {
    const given = await started('-p', 'do --settings it', '--model', 'x');
    expect(given.slice(2)).toEqual(['-p', 'do --settings it', '--model', 'x']);
    expect(settingsOf(given).hooks.PreToolUse).toEqual([
      {
        matcher: '*',
        hooks: [
          {
            type: 'command',
            timeout: 86_400,
            command: expect.stringMatching(/^'.+' '.+claude-hook\.mjs'$/),
          },
        ],
      },
    ]);
    expect([given.includes('--mcp-config'), hands?.environment, hands?.notes]).toEqual([false, {}, []]);
    expect(switchToGateway(['npx', '-y', 'claude', '-p', 'hi'], 'http://x', {}, hands).command).toEqual([
      'npx',
      '-y',
      'claude',
      ...given.slice(0, 2),
      '-p',
      'hi',
    ]);
  });

  test("keeps the user's own settings and hooks, from a file or as JSON", async () => {
    const own = { matcher: 'Bash', hooks: [{ type: 'command', command: 'mine' }] };
    write('project/mine.json', { model: 'opus', hooks: { PreToolUse: [own], Stop: [] } });
    const given = await started('--settings', 'mine.json', '-p', 'hi');
    expect(settingsOf(given)).toMatchObject({
      model: 'opus',
      hooks: { Stop: [], PreToolUse: [own, { matcher: '*' }] },
    });
    expect(given.filter((argument) => argument === '--settings')).toHaveLength(1);
    const missing = await started('--settings=nowhere.json');
    expect([missing.at(-1), hands?.notes]).toEqual([
      '--settings=nowhere.json',
      ["The value of --settings in the command could not be read, so Retake's own --settings stands beside it."],
    ]);
  });

  test("puts the user's MCP servers behind the proxy, keys in a file for this user alone", async () => {
    write('.claude.json', {
      mcpServers: { files: { type: 'stdio', command: 'files-server', args: ['--root', '/x y'], env: { KEY: 'k' } } },
      projects: {
        [join(directory.path, 'project')]: {
          mcpServers: {
            web: { type: 'http', url: 'https://mcp.example/x', headers: { Authorization: 'Bearer secret' } },
          },
        },
      },
    });
    const given = await started('-p', 'hi');
    const { files, web } = serversOf(given);
    expect(files).toMatchObject({
      command: process.execPath,
      args: [expect.stringContaining('mcp-proxy'), '--name', 'files', '--', 'files-server', '--root', '/x y'],
      env: { KEY: 'k' },
    });
    expect(web).toMatchObject({
      args: [
        expect.any(String),
        '--name',
        'web',
        '--url',
        'https://mcp.example/x',
        '--header',
        'Authorization: ${RETAKE_HEADER_0}',
      ],
      env: { RETAKE_HEADER_0: 'Bearer secret' },
    });
    expect([
      given.includes('--strict-mcp-config'),
      hands?.environment['RETAKE_PROXIED_SERVERS']?.split('\n').toSorted(),
      given.join(' ').includes('secret'),
    ]).toEqual([true, ['files', 'web'], false]);
    const file = given[given.indexOf('--mcp-config') + 1] ?? '';
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).toBe(0);
    await hands?.dispose();
    expect(existsSync(file)).toBe(false);
  });

  test('takes those of the command alone where the command says so', async () => {
    write('.claude.json', { mcpServers: { files: { command: 'files-server' } } });
    const config = write('other.json', { mcpServers: { other: { command: 'other-server' } } });
    const given = await started(
      '--mcp-config',
      config,
      '{"mcpServers":{"more":{"command":"more-server"}}}',
      '--strict-mcp-config',
      '-p',
      'hi',
    );
    expect(Object.keys(serversOf(given))).toEqual(['other', 'more']);
    expect(given.slice(-2)).toEqual(['-p', 'hi']);
    expect(given.filter((argument) => argument.startsWith('--')).toSorted()).toEqual([
      '--mcp-config',
      '--settings',
      '--strict-mcp-config',
    ]);
  });

  test('starts no server of the folder that nobody has agreed to, and none that it cannot tell', async () => {
    write('.claude.json', { mcpServers: { files: { command: 'files-server' } } });
    write('project/.mcp.json', { mcpServers: { fromTheFolder: { command: 'evil' } } });
    expect(await started('-p', 'hi')).not.toContain('--mcp-config');
    write('project/.claude/settings.local.json', { enabledMcpjsonServers: ['fromTheFolder'] });
    expect(Object.keys(serversOf(await started('-p', 'hi'))).toSorted()).toEqual(['files', 'fromTheFolder']);
    write('project/.claude/settings.local.json', { disabledMcpjsonServers: ['fromTheFolder'] });
    expect(Object.keys(serversOf(await started('-p', 'hi')))).toEqual(['files']);
    write('.claude/settings.json', { enabledPlugins: { 'a@b': true } });
    expect(await started('-p', 'hi')).not.toContain('--mcp-config');
    write('.claude/settings.json', {});
    write('.claude.json', { mcpServers: { old: { type: 'sse', url: 'https://x.example' } } });
    expect(await started('-p', 'hi')).not.toContain('--mcp-config');
  });
});
