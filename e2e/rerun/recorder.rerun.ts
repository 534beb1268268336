import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentCommand, deadUpstream, openWorkbench } from './workbench.ts';
import type { Workbench } from './workbench.ts';

/**
 * A second recorder that shares no code with ours stands between the gateway and the model and keeps the bytes that pass: what our
 * recording serves is what came over that wire, and what the model got is what the agent sent.
 */
interface Passed {
  readonly path: string;
  readonly sent: Buffer;
  readonly received: Buffer;
}

interface Recorder {
  readonly url: string;
  readonly passed: readonly Passed[];
  close(): Promise<void>;
}

async function startRecorder(upstream: string): Promise<Recorder> {
  const passed: Passed[] = [];
  const server = createServer((request, response) => {
    const sent: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => sent.push(chunk))
      .on('end', () => {
        const { host: _host, ...headers } = request.headers;
        httpRequest(upstream + (request.url ?? ''), { method: request.method, headers }, (answer) => {
          const received: Buffer[] = [];
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer
            .on('data', (chunk: Buffer) => {
              received.push(chunk);
              response.write(chunk);
            })
            .on('end', () => {
              passed.push({ path: request.url ?? '', sent: Buffer.concat(sent), received: Buffer.concat(received) });
              response.end();
            });
        }).end(Buffer.concat(sent));
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.each([
  ['chat', 'openai-agent', ['chat', '--stream']],
  ['responses', 'openai-agent', ['responses', '--stream']],
  ['messages', 'anthropic-agent', ['--stream']],
  ['gemini', 'gemini-agent', ['--stream']],
  ['chat as JSON', 'openai-agent', ['chat']],
] as const)('%s', (_name, script, words) => {
  let bench: Workbench;

  beforeAll(() => {
    bench = openWorkbench();
  });
  afterAll(() => bench.close());

  test('the agent is served the bytes that the other recorder saw, and the model got the bytes that the agent sent', async () => {
    const model = await bench.model({ rounds: 2, parallel: 2, chunkDelayMs: 3 });
    const upstream = await startRecorder(model.url);
    const recorded = await bench.run('run', '--upstream', upstream.url, '--', ...agentCommand(script, ...words));
    expect(recorded.code, recorded.stderr).toBe(0);
    const runId = recorded.stdout.trim().split('\n').at(-1) ?? '';
    expect(upstream.passed).toHaveLength(3);
    expect(upstream.passed.map(({ sent }) => sent.toString('utf8'))).toEqual(model.calls.map(({ body }) => body));

    // The same recorder before the gateway, on replay: what the agent asks of us and what it gets.
    const { steps } = await bench.show(runId);
    const wrapper = `
      import { createServer, request } from 'node:http'; import { spawn } from 'node:child_process'; import { appendFileSync } from 'node:fs';
      const names = ['OPENAI_BASE_URL', 'ANTHROPIC_BASE_URL', 'GOOGLE_GEMINI_BASE_URL'];
      const origin = new URL(process.env.OPENAI_BASE_URL).origin;
      const server = createServer((asked, response) => { const sent = []; asked.on('data', (chunk) => sent.push(chunk)).on('end', () => {
        const { host, ...headers } = asked.headers;
        request(origin + asked.url, { method: asked.method, headers }, (answer) => { const got = []; answer.on('data', (chunk) => got.push(chunk)).on('end', () => {
          appendFileSync(${JSON.stringify(join(bench.directory, 'served.jsonl'))}, JSON.stringify({ received: Buffer.concat(got).toString('base64') }) + '\\n');
          response.writeHead(answer.statusCode, answer.headers).end(Buffer.concat(got)); }); }).end(Buffer.concat(sent)); }); });
      server.listen(0, '127.0.0.1', () => {
        for (const name of names) process.env[name] = process.env[name].replace(origin, 'http://127.0.0.1:' + server.address().port);
        spawn(process.execPath, ${JSON.stringify(agentCommand(script, ...words).slice(1))}, { stdio: 'inherit' }).on('exit', (code) => process.exit(code)); });`;
    const { code, take, stderr } = await bench.rerun(
      runId,
      ['--from', String(steps.length), '--upstream', deadUpstream],
      [process.execPath, '--input-type=module', '-e', wrapper],
    );
    expect(code, stderr).toBe(0);
    expect(take?.served).toMatchObject({ recorded: 3, live: 0 });
    const served = readFileSync(join(bench.directory, 'served.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => Buffer.from((JSON.parse(line) as { received: string }).received, 'base64').toString('utf8'));
    expect(served).toEqual(upstream.passed.map(({ received }) => received.toString('utf8')));
    await upstream.close();
  });
});
