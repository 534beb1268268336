import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startHttpServer } from '../../../../e2e/agents/mcp-server.ts';
import type { Hold, HoldResolution } from '../../../../shared/model/take.ts';
import { temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import type { RecordedToolCall, ToolCall, ToolResult } from '../tools/tool-call.ts';
import { createToolDesk } from '../tools/tool-desk.ts';
import type { ToolDesk, ToolDeskOptions } from '../tools/tool-desk.ts';
import { createToolsEndpoint, recordingDesk } from '../tools/tools-endpoint.ts';
import type { ToolsEndpoint } from '../tools/tools-endpoint.ts';

/** Each hand as the process that it is, against a desk that is asked over HTTP: what runs, what does not, what its agent gets. */
const here = (name: string): string => fileURLToPath(new URL(`./${name}`, import.meta.url));
/** Not on every machine that runs the tests. */
const hasPython = spawnSync('python3', ['--version']).status === 0;
const mcpServer = fileURLToPath(new URL('../../../../e2e/agents/mcp-server.ts', import.meta.url));

let directory: TemporaryDirectory;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await directory.remove();
});

interface Asked {
  readonly url: string;
  readonly holds: Omit<Hold, 'id' | 'since'>[];
  readonly records: { readonly call: ToolCall; readonly result: ToolResult }[];
  readonly endpoint: ToolsEndpoint;
  readonly state: { forked: boolean };
}

async function listen(
  desk: Pick<ToolDesk, 'decide' | 'record'>,
): Promise<{ readonly url: string; readonly endpoint: ToolsEndpoint }> {
  const endpoint = createToolsEndpoint(desk);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on(
        'end',
        () =>
          void endpoint
            .answer(request.method ?? '', (request.url ?? '').replace('/tools', ''), Buffer.concat(chunks))
            .then(({ status, body }) => response.writeHead(status).end(body)),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    endpoint.abort();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tools`, endpoint };
}

async function take(
  options: Partial<ToolDeskOptions> & { readonly answers?: readonly HoldResolution[] } = {},
): Promise<Asked> {
  const holds: Omit<Hold, 'id' | 'since'>[] = [];
  const records: { call: ToolCall; result: ToolResult }[] = [];
  const answers = [...(options.answers ?? [])];
  const state = { forked: false };
  const desk = createToolDesk({
    rules: [],
    runners: [],
    recorded: [],
    foreign: false,
    ownTools: true,
    signal: new AbortController().signal,
    environment: {},
    forked: () => state.forked,
    onCall: ({ call, action, result }) => void (action === 'recorded' && result && records.push({ call, result })),
    hold(hold) {
      holds.push(hold);
      return Promise.resolve(answers.shift() ?? { action: 'deny' });
    },
    ...options,
  });
  return { ...(await listen(desk)), holds, records, state };
}

async function recording(): Promise<Asked> {
  const records: { call: ToolCall; result: ToolResult }[] = [];
  return {
    ...(await listen(recordingDesk((call, result) => records.push({ call, result })))),
    holds: [],
    records,
    state: { forked: false },
  };
}

const tapeOf = ({ records }: Asked): readonly RecordedToolCall[] =>
  records.map(({ call, result }, step) => ({
    ...result,
    id: call.id,
    name: call.name,
    arguments: call.arguments,
    step,
    beforeFork: true,
  }));

function run(
  command: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
  input = '',
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const [program, ...rest] = command;
  const { RETAKE_TOOLS_URL: _none, ...inherited } = process.env;
  const child: ChildProcess = spawn(program, rest, {
    cwd: directory.path,
    env: {
      ...inherited,
      PYTHONPATH: fileURLToPath(new URL('.', import.meta.url)),
      PYTHONDONTWRITEBYTECODE: '1',
      ...environment,
    },
    stdio: 'pipe',
  });
  closing.push(() => child.kill('SIGKILL'));
  const texts = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  child.stdin?.end(input);
  return once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
}

const log = (): readonly string[] =>
  existsSync(join(directory.path, 'log')) ? readFileSync(join(directory.path, 'log'), 'utf8').trim().split('\n') : [];

const pythonAgent = `
import asyncio, sys
from retake_tools import retake_tool, ToolRefused

def log(line):
    with open('log', 'a') as file: file.write(line + '\\n')

@retake_tool
def get_order(id, *, deep=False):
    log(f'get_order {id}')
    return {'id': id, 'total': 12.5, 'note': 'é'}

@retake_tool(name='create_file')
def make(path, text='x'):
    log(f'create_file {path}')
    open(path, 'w').write(text)
    return 'created'

@retake_tool
async def get_weather(city):
    log(f'get_weather {city}')
    if city == 'nowhere': raise ValueError('no such city')
    return ['sun', city]

print(get_order(7, deep=True))
try: print(make('made.txt'))
except ToolRefused as refused: print('refused:', refused)
print(asyncio.run(get_weather('Ulm')))
try: asyncio.run(get_weather('nowhere'))
except Exception as error: print(type(error).__name__, error)
`;

const nodeAgent = (wrapper: string): string => `
import { appendFileSync, writeFileSync } from 'node:fs';
import { retakeTool } from ${JSON.stringify(here(wrapper))};
const log = (line) => appendFileSync('log', line + '\\n');
const getOrder = retakeTool('get_order', ({ id }) => { log('get_order ' + id); return { id, total: 12.5, note: 'é' }; });
const make = retakeTool('create_file', ({ path, text = 'x' }) => { log('create_file ' + path); writeFileSync(path, text); return 'created'; });
const getWeather = retakeTool('get_weather', async ({ city }) => { log('get_weather ' + city); if (city === 'nowhere') throw new TypeError('no such city'); return ['sun', city]; });
console.log(JSON.stringify(await getOrder({ id: 7, deep: true })));
console.log(await make({ path: 'made.txt' }).catch((error) => 'refused: ' + error.message));
console.log(JSON.stringify(await getWeather({ city: 'Ulm' })));
console.log(await getWeather({ city: 'nowhere' }).catch((error) => error.constructor.name + ' ' + error.message));
`;

describe.each([
  [
    'Python',
    'agent.py',
    pythonAgent,
    'python3',
    ["{'id': 7, 'total': 12.5, 'note': 'é'}", 'created', "['sun', 'Ulm']", 'ValueError no such city'],
  ],
  [
    'JavaScript',
    'agent.mjs',
    nodeAgent('retake-tools.mjs'),
    process.execPath,
    ['{"id":7,"total":12.5,"note":"é"}', 'created', '["sun","Ulm"]', 'TypeError no such city'],
  ],
  [
    'TypeScript',
    'agent.mjs',
    nodeAgent('retake-tools.ts'),
    process.execPath,
    ['{"id":7,"total":12.5,"note":"é"}', 'created', '["sun","Ulm"]', 'TypeError no such city'],
  ],
] as const)('the wrapper for %s', (_language, file, text, program, said) => {
  const withProgram = test.skipIf(program === 'python3' && !hasPython);
  const agent = (environment: Readonly<Record<string, string>>) => {
    writeFileSync(join(directory.path, file), text);
    return run([program, file], { PYTHONIOENCODING: 'utf-8', ...environment });
  };
  const all = ['get_order 7', 'create_file made.txt', 'get_weather Ulm', 'get_weather nowhere'];

  withProgram('is nothing but the function when Retake has not started it', async () => {
    expect(await agent({})).toEqual({ code: 0, stdout: `${said.join('\n')}\n`, stderr: '' });
    expect(log()).toEqual(all);
  });

  withProgram('records what the tools gave, and gives it back in a take: same values, nothing runs', async () => {
    const recorded = await recording();
    expect(await agent({ RETAKE_TOOLS_URL: recorded.url })).toEqual({
      code: 0,
      stdout: `${said.join('\n')}\n`,
      stderr: '',
    });
    expect(recorded.endpoint.seen().map(({ name, hands }) => [name, hands])).toEqual([
      ['get_order', ['wrapper']],
      ['create_file', ['wrapper']],
      ['get_weather', ['wrapper']],
    ]);
    expect(recorded.records.map(({ result }) => [result.content.includes('no such city'), result.isError])).toEqual([
      [false, false],
      [false, false],
      [false, false],
      [true, true],
    ]);
    writeFileSync(join(directory.path, 'log'), 'the take\n');

    const asked = await take({ recorded: tapeOf(recorded) });
    const ended = await agent({ RETAKE_TOOLS_URL: asked.url });
    expect([ended.code, ended.stderr, ended.stdout.split('\n').slice(0, 3)]).toEqual([0, '', said.slice(0, 3)]);
    expect(ended.stdout.split('\n')[3]).toMatch(/^ToolRefused no such city$/);
    expect(log()).toEqual(['the take']);
    expect(asked.holds).toEqual([]);
  });

  withProgram('does not create a file unless a person says so', async () => {
    const asked = await take({ foreign: true });
    const ended = await agent({ RETAKE_TOOLS_URL: asked.url, http_proxy: 'http://127.0.0.1:1' });
    expect([ended.code === 0, existsSync(join(directory.path, 'made.txt')), log()]).toEqual([false, false, []]);
    const allowed = await take({
      foreign: true,
      answers: [
        { action: 'answer', text: 'typed' },
        { action: 'run' },
        { action: 'answer', text: 'typed' },
        { action: 'deny', text: 'not today' },
      ],
    });
    const second = await agent({ RETAKE_TOOLS_URL: allowed.url });
    expect(second.stdout.split('\n').slice(1)).toEqual([
      ...(file === 'agent.py'
        ? ['created', 'typed', 'ToolRefused not today']
        : ['created', '"typed"', 'ToolRefused not today']),
      '',
    ]);
    expect([
      log(),
      existsSync(join(directory.path, 'made.txt')),
      allowed.records.map(({ result }) => result.content),
    ]).toEqual([['create_file made.txt'], true, ['created']]);
  });
});

describe("Claude Code's hook", () => {
  const hook = (url: string, input: object, environment: Readonly<Record<string, string>> = {}) =>
    run(
      [process.execPath, here('../clients/claude-code/claude-hook.mjs')],
      { RETAKE_TOOLS_URL: url, ...environment },
      JSON.stringify({ session_id: 's', hook_event_name: 'PreToolUse', ...input }),
    );
  const outputOf = ({ stdout }: { readonly stdout: string }) =>
    (
      JSON.parse(stdout) as {
        hookSpecificOutput: {
          permissionDecision: string;
          permissionDecisionReason: string;
          updatedInput?: { command: string };
        };
      }
    ).hookSpecificOutput;
  const bash = {
    tool_name: 'Bash',
    tool_input: { command: 'touch PWNED; echo "it\'s"', description: 'x' },
    tool_use_id: 'toolu_1',
  };

  test('a recorded command is not run: one that prints its output is, once', async () => {
    const output = "it's\n$(touch PWNED) é\n";
    const asked = await take({
      recorded: [
        {
          id: 'toolu_1',
          name: 'Bash',
          arguments: JSON.stringify(bash.tool_input),
          content: output,
          isError: false,
          step: 3,
          beforeFork: true,
        },
      ],
    });
    const decided = outputOf(await hook(asked.url, bash));
    expect(decided).toMatchObject({
      permissionDecision: 'allow',
      updatedInput: { description: 'x', run_in_background: false },
    });
    const shell = await run(['sh', '-c', decided.updatedInput?.command ?? 'exit 9'], {});
    expect([shell.stdout, shell.code, existsSync(join(directory.path, 'PWNED'))]).toEqual([output, 0, false]);
    expect((await run(['sh', '-c', decided.updatedInput?.command ?? ''], {})).stdout).toBe('');
  });

  test('other recorded results are the reason why the tool does not run', async () => {
    const asked = await take({
      recorded: [
        {
          id: 'toolu_2',
          name: 'Write',
          arguments: '{}',
          content: 'File created',
          isError: false,
          step: 3,
          beforeFork: true,
        },
        {
          id: 'toolu_3',
          name: 'Bash',
          arguments: '{}',
          content: 'Exit code 1',
          isError: true,
          step: 3,
          beforeFork: true,
        },
      ],
    });
    expect(
      outputOf(await hook(asked.url, { tool_name: 'Write', tool_input: { file_path: '/x' }, tool_use_id: 'toolu_2' })),
    ).toEqual({ hookEventName: 'PreToolUse', permissionDecision: 'deny', permissionDecisionReason: 'File created' });
    expect(
      outputOf(await hook(asked.url, { tool_name: 'Bash', tool_input: {}, tool_use_id: 'toolu_3' })),
    ).toMatchObject({ permissionDecision: 'deny', permissionDecisionReason: 'Exit code 1' });
  });

  test("a foreign run runs nothing; a tool that may run goes on to Claude Code's own permissions", async () => {
    const asked = await take({ foreign: true, answers: [{ action: 'deny' }, { action: 'run' }] });
    expect(outputOf(await hook(asked.url, bash))).toMatchObject({
      permissionDecision: 'deny',
      permissionDecisionReason: 'The user refused this call of Bash.',
    });
    expect(await hook(asked.url, { ...bash, tool_use_id: 'toolu_9' })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('when Retake cannot be asked, the tool does not run', async () => {
    expect(outputOf(await hook('http://127.0.0.1:1/tools', bash))).toMatchObject({
      permissionDecision: 'deny',
      permissionDecisionReason: expect.stringContaining('could not be asked'),
    });
    expect(
      outputOf(
        await run(
          [process.execPath, here('../clients/claude-code/claude-hook.mjs')],
          { RETAKE_TOOLS_URL: 'http://127.0.0.1:1' },
          'no json',
        ),
      ),
    ).toMatchObject({ permissionDecision: 'deny' });
  });

  test('a server behind the proxy is left to the proxy', async () => {
    const asked = await take();
    expect(
      await hook(
        asked.url,
        { tool_name: 'mcp__files__create', tool_input: {}, tool_use_id: 'x' },
        { RETAKE_PROXIED_SERVERS: 'other\nfiles' },
      ),
    ).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(asked.endpoint.seen()).toEqual([]);
  });
});

describe('the MCP proxy', () => {
  async function connected(args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Client> {
    const client = new Client({ name: 'agent', version: '1' });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [here('mcp-proxy-entry.ts'), ...args],
        env: { PATH: process.env['PATH'] ?? '', TOOL_LOG: join(directory.path, 'log'), ...environment },
        cwd: directory.path,
        stderr: 'inherit',
      }),
    );
    closing.push(() => client.close());
    return client;
  }
  const behind = ['--name', 'files', '--', process.execPath, mcpServer];

  test('is transparent when Retake has not started the agent', async () => {
    const client = await connected(behind, {});
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['look_up', 'create_file', 'fail']);
    expect(await client.callTool({ name: 'look_up', arguments: { query: 'tea' } })).toMatchObject({
      content: [
        { type: 'text', text: 'found tea' },
        { type: 'image', data: 'AAAA' },
      ],
    });
    await expect(client.callTool({ name: 'unknown', arguments: {} })).rejects.toThrow();
    expect(log()).toEqual(['look_up tea']);
  });

  test('records whole results and gives them back; the server is not asked', async () => {
    const recorded = await recording();
    const client = await connected(behind, { RETAKE_TOOLS_URL: recorded.url });
    const first = await client.callTool({ name: 'look_up', arguments: { query: 'tea' } });
    const failed = await client.callTool({ name: 'fail', arguments: {} });
    await client.close();
    expect(recorded.records.map(({ call, result }) => [call.name, result.content, result.isError])).toEqual([
      ['mcp__files__look_up', 'found tea\n[image image/png]', false],
      ['mcp__files__fail', 'it failed', true],
    ]);
    writeFileSync(join(directory.path, 'log'), 'the take\n');

    const asked = await take({ recorded: tapeOf(recorded) });
    const again = await connected(behind, { RETAKE_TOOLS_URL: asked.url });
    expect(await again.callTool({ name: 'look_up', arguments: { query: 'tea' } })).toEqual(first);
    expect(await again.callTool({ name: 'fail', arguments: {} })).toEqual(failed);
    expect(log()).toEqual(['the take']);
  });

  test('does not create a file that a foreign run asks for', async () => {
    const asked = await take({ foreign: true, answers: [{ action: 'deny' }, { action: 'run' }] });
    const client = await connected(behind, { RETAKE_TOOLS_URL: asked.url });
    const call = { name: 'create_file', arguments: { path: join(directory.path, 'PWNED'), text: 'x' } };
    expect(await client.callTool(call)).toMatchObject({
      isError: true,
      content: [{ type: 'text', text: 'The user refused this call of mcp__files__create_file.' }],
    });
    expect([existsSync(join(directory.path, 'PWNED')), log()]).toEqual([false, []]);
    expect(await client.callTool(call)).toMatchObject({ content: [{ text: 'created' }] });
    expect(existsSync(join(directory.path, 'PWNED'))).toBe(true);
  });

  test('stands before a server over HTTP in the same way, with headers from the environment', async () => {
    const server = await startHttpServer();
    closing.push(() => server.close());
    const asked = await take({ answers: [{ action: 'answer', text: 'typed' }] });
    const client = await connected(['--url', server.url, '--header', 'Authorization: Bearer ${MY_TOKEN}'], {
      RETAKE_TOOLS_URL: asked.url,
      MY_TOKEN: 't-1',
    });
    expect((await client.listTools()).tools).toHaveLength(3);
    expect(await client.callTool({ name: 'look_up', arguments: { query: 'tea' } })).toMatchObject({
      content: [{ text: 'found tea' }, { type: 'image' }],
    });
    expect(await client.callTool({ name: 'create_file', arguments: { path: 'x', text: '' } })).toMatchObject({
      content: [{ text: 'typed' }],
    });
    expect(new Set(server.seen)).toEqual(new Set(['Bearer t-1']));
    expect(asked.records.map(({ call }) => call.name)).toEqual(['look_up']);
  });

  test('when Retake cannot be asked, the tool does not run', async () => {
    const client = await connected(behind, { RETAKE_TOOLS_URL: 'http://127.0.0.1:1/tools' });
    expect(await client.callTool({ name: 'look_up', arguments: { query: 'tea' } })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('could not be asked') }],
    });
    expect(log()).toEqual([]);
  });
});

test('the endpoint refuses what it does not know, and what is nested without end', async () => {
  const asked = await take();
  const post = async (path: string, body: string) => {
    const response = await fetch(asked.url + path, { method: 'POST', body });
    return [response.status, await response.text()];
  };
  expect(await post('/decide', 'no')).toEqual([400, '{"error":{"message":"The body is not JSON."}}']);
  expect((await post('/decide', '{"hand":"foot","tool":"x"}'))[0]).toBe(400);
  expect((await post('/decide', JSON.stringify({ hand: 'wrapper', tool: 'x'.repeat(2_000) })))[0]).toBe(400);
  expect((await post('/elsewhere', '{}'))[0]).toBe(404);
  const deep = await post(
    '/decide',
    `{"hand":"wrapper","tool":"get_x","arguments":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  );
  expect(deep[0]).toBe(400);
});
