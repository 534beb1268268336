import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ToolRunner } from '../../../../shared/model/take.ts';
import { toolRunnerSchema } from '../../../../shared/model/take.ts';
import { temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { createRunners } from './tool-runners.ts';
import type { Runners } from './tool-runners.ts';

/** With real processes and servers: what a tool of the user's gets, and what comes of it. */
let directory: TemporaryDirectory;
let runners: Runners | undefined;
const controller = { current: new AbortController() };

beforeEach(async () => {
  directory = await temporaryDirectory();
  controller.current = new AbortController();
});
afterEach(async () => {
  await runners?.close();
  await directory.remove();
});

function runnersOf(...configured: readonly ToolRunner[]): Runners {
  runners = createRunners(
    configured.map((runner) => toolRunnerSchema.parse(runner)),
    { signal: controller.current.signal, environment: process.env },
  );
  return runners;
}

function script(name: string, text: string): string {
  const file = join(directory.path, name);
  writeFileSync(file, text);
  return file;
}

const command = (...args: readonly string[]): ToolRunner => ({
  type: 'command',
  tool: '*',
  mutating: true,
  command: [process.execPath, ...args],
  cwd: directory.path,
  timeoutSeconds: 20,
});

async function run(configured: ToolRunner, call: { readonly name?: string; readonly arguments: string }) {
  const found = await runnersOf(configured).find(call.name ?? 'tool');
  if (!found) throw new Error('no runner');
  return found.run({ name: 'tool', ...call });
}

const echo = `let text = ''; process.stdin.on('data', (chunk) => (text += chunk)).on('end', () => process.stdout.write(JSON.stringify({ got: text, argv: process.argv.slice(2), name: process.env.RETAKE_TOOL_NAME })));`;

test('a command gets the arguments on its standard input, nothing of the call on its command line, and its output is the result', async () => {
  const hostile = {
    name: '$(touch PWNED); `touch PWNED`\0\n--eval',
    arguments: '{"path":"; touch PWNED #","q":"\\u0000é"}',
  };
  const result = await run(command(script('echo.cjs', echo), 'fixed'), hostile);
  expect(result.isError).toBe(false);
  expect(JSON.parse(result.content)).toEqual({
    got: hostile.arguments,
    argv: ['fixed'],
    name: '$(touch PWNED); `touch PWNED`\n--eval',
  });
  expect(existsSync(join(directory.path, 'PWNED'))).toBe(false);
});

test('another exit code than 0 is an error result, with what the tool said', async () => {
  expect(
    await run(command('-e', 'console.log("half"); console.error("no such table"); process.exitCode = 3;'), {
      arguments: '{}',
    }),
  ).toEqual({ content: 'half\nno such table\nIt ended with exit code 3.', isError: true });
  expect(
    await run(
      {
        type: 'command',
        tool: '*',
        mutating: true,
        command: ['/nowhere/tool'],
        cwd: directory.path,
        timeoutSeconds: 5,
      },
      { arguments: '{}' },
    ),
  ).toMatchObject({
    isError: true,
    content: expect.stringContaining('tool could not be run: /nowhere/tool could not be started'),
  });
});

test('it is ended with all that it started when its time is up', async () => {
  const child = script(
    'child.cjs',
    `setInterval(() => {}, 1000); require('fs').writeFileSync('child.pid', String(process.pid));`,
  );
  const file = script(
    'parent.cjs',
    `require('child_process').spawn(process.execPath, [${JSON.stringify(child)}], { stdio: 'ignore' }); setInterval(() => {}, 1000);`,
  );
  const result = await run(
    {
      type: 'command',
      tool: '*',
      mutating: true,
      command: [process.execPath, file],
      cwd: directory.path,
      timeoutSeconds: 1,
    },
    { arguments: '{}' },
  );
  expect(result).toEqual({ content: 'It was ended after 1 s.', isError: true });
  const pid = Number((await import('node:fs')).readFileSync(join(directory.path, 'child.pid'), 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('it ends with the take', async () => {
  setTimeout(() => controller.current.abort(), 300);
  expect(await run(command('-e', 'setInterval(() => {}, 1000)'), { arguments: '{}' })).toEqual({
    content: 'The take was stopped while this tool ran.',
    isError: true,
  });
});

test('more output than a result can be is cut, and says so', async () => {
  const { content, isError } = await run(command('-e', 'process.stdout.write("x".repeat(5 * 1024 * 1024))'), {
    arguments: '{}',
  });
  expect(isError).toBe(false);
  expect(content.slice(-35)).toBe('\n[1048576 more bytes, cut by Retake]'.slice(-35));
});

test('a tool that does not read its input is no failure', async () => {
  expect(
    await run(command('-e', 'process.stdin.destroy(); console.log("done")'), {
      arguments: `"${'x'.repeat(2_000_000)}"`,
    }),
  ).toEqual({ content: 'done\n', isError: false });
});

test('an address gets the arguments by POST; errors and redirects are error results', async () => {
  const seen: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk: Buffer) => (body += chunk.toString()))
      .on('end', () => {
        seen.push([request.method, request.url, request.headers['x-retake-tool'], body]);
        if (request.url === '/away') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
        else if (request.url === '/late') setTimeout(() => response.end('late'), 5_000).unref();
        else response.writeHead(request.url === '/bad' ? 500 : 200).end(`answer to ${body}`);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = (path: string, timeoutSeconds = 5): ToolRunner => ({
    type: 'http',
    tool: '*',
    mutating: true,
    url: url + path,
    timeoutSeconds,
  });
  expect(await run(http('/tool'), { name: 'tool', arguments: '{"a":1}' })).toEqual({
    content: 'answer to {"a":1}',
    isError: false,
  });
  expect(await run(http('/bad'), { arguments: '{}' })).toEqual({
    content: `answer to {}\n${url}/bad answered with status 500.`,
    isError: true,
  });
  expect(await run(http('/away'), { arguments: '{}' })).toEqual({
    content: `${url}/away answered with a redirect (302), which is not followed.`,
    isError: true,
  });
  expect(await run(http('/late', 0.2), { arguments: '{}' })).toEqual({
    content: `${url}/late gave no answer in 0.2 s.`,
    isError: true,
  });
  const found = await runnersOf(http('/tool')).find('x');
  await found?.run({ name: '../../other?x\r\nhost: evil', arguments: '{}' });
  expect(seen.at(-1)).toEqual(['POST', '/tool', '..%2F..%2Fother%3Fx%0D%0Ahost%3A%20evil', '{}']);
  server.closeAllConnections();
  server.close();
});
