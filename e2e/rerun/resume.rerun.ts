import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signalProcess } from '../support/signal-process.ts';
import { agentCommand, openWorkbench } from './workbench.ts';
import type { Workbench } from './workbench.ts';

/** `retake rerun RUN`, no options: what a run that was killed or failed had got is not paid for again. */
const rounds = 3;
const callCount = rounds + 1;

let bench: Workbench;
beforeEach(() => {
  bench = openWorkbench();
});
afterEach(async () => {
  await bench.close();
});

/** With the recorded command; `--yes` and `--json` are this suite's. */
async function resume(runId: string, ...options: readonly string[]) {
  const { code, stdout, stderr } = await bench.run('rerun', runId, '--yes', '--json', ...options);
  return { code, stderr, take: stdout.trim() === '' ? undefined : bench.takesOf(stdout)[0] };
}

const dies = (at: number): readonly string[] => [
  'env',
  `AGENT_DIE_AT=${at}`,
  `AGENT_DIED=${join(bench.directory, 'died')}`,
];

describe.each([
  ['OpenAI chat, streaming', agentCommand('openai-agent', 'chat', '--stream')],
  ['OpenAI responses', agentCommand('openai-agent', 'responses')],
  ['Anthropic, streaming', agentCommand('anthropic-agent', '--stream')],
  ['Gemini', agentCommand('gemini-agent')],
])('%s', (_name, command) => {
  test('killed inside its second tool: the answers before it from the recording, the rest live, and it says so', async () => {
    const model = await bench.model({ rounds });
    const recorded = await bench.record(model, [...dies(2), ...command]);
    expect(recorded.code).not.toBe(0);
    expect(model.calls).toHaveLength(2);
    const killed = recorded.runId;
    const { code, take, stderr } = await resume(killed);
    expect(code, stderr).toBe(0);
    expect(take).toMatchObject({
      parentRunId: killed,
      status: 'ok',
      served: { recorded: 2, live: callCount - 2, held: 0, skipped: 0 },
      divergence: null,
    });
    expect(model.calls).toHaveLength(callCount);
    expect(stderr).toContain('what the recording does not hold goes live');
    expect(stderr).toContain('The recording ends after 2 answered calls. From here on the model is asked.');
    expect(stderr).toContain('it read found');
  });

  test('failed by its provider: the call that failed is asked again', async () => {
    const failures = new Map(Array.from({ length: 12 }, (_, at) => [at + 2, 500]));
    const failing = await bench.model({ rounds, failures });
    const recorded = await bench.record(failing, command);
    expect(recorded.code).not.toBe(0);
    const model = await bench.model({ rounds });
    const { code, take, stderr } = await resume(recorded.runId, '--upstream', model.url);
    expect(code, stderr).toBe(0);
    expect(take).toMatchObject({
      status: 'ok',
      served: { recorded: 2, live: callCount - 2, held: 0 },
      divergence: null,
    });
    expect(model.calls).toHaveLength(callCount - 2);
    expect(stderr).toMatch(/ends after 2 answered calls; (?:one that broke off is|\d+ that broke off are) asked again/);
  });
});

test('killed in the middle of a stream: the cut answer is not given again', async () => {
  const command = agentCommand('openai-agent', 'chat', '--stream');
  const slow = await bench.model({ rounds, chunkDelayMs: 300 });
  const { ended } = bench.start(['run', '--upstream', slow.url, '--', ...command]);
  await expect.poll(() => slow.calls.length, { timeout: 120_000, interval: 20 }).toBe(2);
  const before = slow.sent();
  await expect.poll(() => slow.sent(), { timeout: 120_000, interval: 20 }).toBeGreaterThan(before);
  signalProcess(Number(readFileSync(join(bench.directory, 'agent.pid'), 'utf8')), 'SIGKILL');
  const killed = (await ended).stdout.trim().split('\n').at(-1) ?? '';
  const model = await bench.model({ rounds });
  const { code, take, stderr } = await resume(killed, '--upstream', model.url);
  expect(code, stderr).toBe(0);
  expect(take).toMatchObject({ status: 'ok', served: { recorded: 1, live: callCount - 1, held: 0 }, divergence: null });
  expect(stderr).toContain('ends after 1 answered call; one that broke off is asked again');
});

test('killed before any call: all of it goes live', async () => {
  const model = await bench.model({ rounds });
  const died = join(bench.directory, 'died');
  const once = ['sh', '-c', `test -f ${died} || { touch ${died}; kill -9 $$; }; exec "$0" "$@"`];
  const recorded = await bench.record(model, [...once, ...agentCommand('openai-agent', 'chat')]);
  expect(recorded.code).not.toBe(0);
  expect(model.calls).toHaveLength(0);
  const { code, take, stderr } = await resume(recorded.runId);
  expect(code, stderr).toBe(0);
  expect(take).toMatchObject({ status: 'ok', served: { recorded: 0, live: callCount, held: 0 }, divergence: null });
});

test('an agent that leaves the recording before its end is stopped, with what can be done', async () => {
  const model = await bench.model({ rounds });
  const { runId } = await bench.record(model, agentCommand('fetch-agent', 'chat'));
  const other = agentCommand('fetch-agent', 'chat', '--task', 'the price of coffee');
  const { code, stdout, stderr } = await bench.run('rerun', runId, '--resume', '--yes', '--json', '--', ...other);
  expect(code).toBe(3);
  expect(bench.takesOf(stdout)[0]).toMatchObject({ status: 'stopped', served: { live: 0 } });
  expect(stderr).toContain('message 0 (user) changed. Nothing was sent to the model for this call');
  expect(stderr).toMatch(/retake rerun \w+ --from \d+ --on-divergence accept/);
});

test('a run that ended well has nothing to resume without being told from where', async () => {
  const model = await bench.model({ rounds });
  const command = agentCommand('openai-agent', 'chat');
  const { runId } = await bench.record(model, command);
  const { code, stderr } = await resume(runId);
  expect(code).toBe(2);
  expect(stderr).toContain('Say with --from N at which step to go live');
});
