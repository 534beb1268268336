import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentCommand, openWorkbench } from './workbench.ts';
import type { Workbench } from './workbench.ts';

let bench: Workbench;
const servers: Server[] = [];

beforeEach(() => {
  bench = openWorkbench();
});
afterEach(async () => {
  await bench.close();
  for (const server of servers.splice(0)) server.close();
});

/** Every second call goes to the model by a fixed address: `node -e … ADDRESS`. */
const halfBeside = `
const [address] = process.argv.slice(1);
const messages = [{ role: 'system', content: 'You chat.' }];
for (const [index, base] of [process.env.OPENAI_BASE_URL, address + '/v1', process.env.OPENAI_BASE_URL, address + '/v1'].entries()) {
  messages.push({ role: 'user', content: 'question ' + index });
  const response = await fetch(base + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', messages }) });
  const text = await response.text();
  if (!response.ok) { console.error(text); process.exit(3); }
  messages.push(JSON.parse(text).choices[0].message);
}`;

/** Its answers differ each time, or are the same in each run. */
async function model(isSteady: boolean): Promise<string> {
  let count = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly messages: readonly unknown[] };
      const content = `This is answer ${isSteady ? messages.length : `number ${count++}`}.`;
      const message = { role: 'assistant', content };
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, message, finish_reason: 'stop' }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function record(
  address: string,
  command: readonly string[],
): Promise<{ readonly runId: string; readonly stderr: string }> {
  const { stdout, stderr } = await bench.run('run', '--upstream', address, '--', ...command);
  return { runId: stdout.trim().split('\n').at(-1) ?? '', stderr };
}

const past = 'Message 3 is an answer that no call of this run gave: the agent asked a model past the gateway';

test('calls past the gateway are said while they are recorded, and hold a re-run before anything is repeated', async () => {
  const asked = await model(false);
  const command = [process.execPath, '--input-type=module', '-e', halfBeside, asked];
  const { runId, stderr } = await record(asked, command);
  expect(stderr).toContain(`retake: Of call 2: ${past}`);
  const { take, stderr: said } = await bench.rerun(runId, ['--from', '3', '--upstream', asked], command);
  expect(said).toContain(past);
  expect(take).toMatchObject({ status: 'stopped', served: { recorded: 1, live: 0, held: 1 } });
  expect(take?.divergence).toBe('message 3 (assistant) is an answer that went past the gateway');
  expect(said).not.toContain('Nothing was sent to the model');
});

test('where the recording was made of the same answers, the re-run says it and goes on', async () => {
  const asked = await model(true);
  const command = [process.execPath, '--input-type=module', '-e', halfBeside, asked];
  const { runId } = await record(asked, command);
  const { take, stderr } = await bench.rerun(runId, ['--from', '3', '--upstream', asked], command);
  expect(stderr).toContain(past);
  expect(take).toMatchObject({ status: 'ok', served: { recorded: 2, live: 0, held: 0 } });
});

describe.each([
  ['all of its calls', []],
  ['the call that went past only', ['--silent']],
])('an agent whose own spans tell of %s', (_name, options) => {
  test('a call past the gateway is said, with the variable; a re-run is refused before anything is repeated', async () => {
    const gateway = await bench.model({ rounds: 0 });
    const other = await bench.model({ rounds: 0 });
    const command = agentCommand('beside-agent', other.url, ...options);
    const { runId, stderr, code } = await bench.record(gateway, command);
    expect(stderr).toContain('1 model call of this run did not come through the gateway, by the agent’s own spans');
    expect(stderr).toContain('house-model of openai by opentelemetry.instrumentation.openai');
    expect(stderr).toContain('OPENAI_BASE_URL');
    expect(code).not.toBe(0);
    expect([gateway.calls.length, other.calls.length]).toEqual([2, 1]);
    const { steps } = await bench.show(runId);
    expect(steps.filter(({ kind }) => kind === 'llm').map(({ model }) => model)).toHaveLength(3);
    const refused = await bench.rerun(runId, ['--from', String(steps.length), '--upstream', gateway.url], command);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('Nothing was run');
    expect([gateway.calls.length, other.calls.length]).toEqual([2, 1]);
    const { take } = await bench.rerun(
      runId,
      ['--from', String(steps.length), '--on-divergence', 'accept', '--upstream', gateway.url],
      command,
    );
    expect(take).toMatchObject({ served: { recorded: 2, live: 0, held: 0 } });
    expect(take?.notes.join(' ')).toContain('1 model call of this run did not come through the gateway');
    expect([gateway.calls.length, other.calls.length]).toEqual([2, 2]);
  });
});
