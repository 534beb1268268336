import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startHttpServer } from '../../../../e2e/agents/mcp-server.ts';
import { toolRunnerSchema } from '../../../../shared/model/take.ts';
import { temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { createRunners } from './tool-runners.ts';

/** MCP servers of the user's as runners, over both transports, against a server made with the official SDK. */
const server = fileURLToPath(new URL('../../../../e2e/agents/mcp-server.ts', import.meta.url));
let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

const runnersOf = (...configured: readonly object[]) =>
  createRunners(
    configured.map((runner) => toolRunnerSchema.parse(runner)),
    { signal: new AbortController().signal, environment: { ...process.env, TOOL_LOG: join(directory.path, 'log') } },
  );

test('serves the tools that it lists, by their own and by their full names, and ends when the take does', async () => {
  const runners = runnersOf({ type: 'mcp', server: { command: [process.execPath, server], cwd: directory.path } });
  const lookUp = await runners.find('mcp__example__look_up');
  expect([lookUp?.label, lookUp?.mutating, await runners.find('unknown')]).toEqual([
    `MCP server ${process.execPath.split('/').at(-1)}`,
    true,
    undefined,
  ]);
  expect(await lookUp?.run({ name: 'mcp__example__look_up', arguments: '{"query":"tea"}' })).toMatchObject({
    content: 'found tea\n[image image/png]',
    isError: false,
    native: { hand: 'mcp' },
  });
  expect(await (await runners.find('fail'))?.run({ name: 'fail', arguments: '' })).toMatchObject({
    content: 'it failed',
    isError: true,
  });
  expect(await lookUp?.run({ name: 'look_up', arguments: 'no JSON' })).toEqual({
    content: 'The arguments are no JSON object, which is what an MCP server takes.',
    isError: true,
  });
  expect((await lookUp?.run({ name: 'look_up', arguments: '{"query":7}' }))?.isError).toBe(true);
  await runners.close();
  expect(readFileSync(join(directory.path, 'log'), 'utf8')).toBe('look_up tea\nfail\n');
});

test('over Streamable HTTP', async () => {
  const http = await startHttpServer();
  const runners = runnersOf({ type: 'mcp', tool: 'look_*', mutating: false, server: { url: http.url } });
  const lookUp = await runners.find('look_up');
  expect([lookUp?.label, lookUp?.mutating, await runners.find('create_file')]).toEqual([
    `MCP server ${http.url}`,
    false,
    undefined,
  ]);
  expect(await lookUp?.run({ name: 'look_up', arguments: '{"query":"tea"}' })).toMatchObject({
    content: 'found tea\n[image image/png]',
  });
  await runners.close();
  await http.close();
});

test('a server that cannot be started is no runner, and says why; the next one is asked', async () => {
  const runners = runnersOf(
    { type: 'mcp', server: { command: ['/nowhere/server'], cwd: directory.path } },
    { type: 'mcp', server: { command: [process.execPath, server], cwd: directory.path } },
  );
  expect((await runners.find('look_up'))?.label).toContain('node');
  expect(runners.problem()).toContain(
    'MCP server server could not be asked for its tools (/nowhere/server could not be started',
  );
  await runners.close();
  expect(existsSync(join(directory.path, 'log'))).toBe(false);
});
