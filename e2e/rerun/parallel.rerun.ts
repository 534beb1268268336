import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ScriptedModel } from '../agents/scripted-model.ts';
import { agentCommand, deadUpstream, openWorkbench } from './workbench.ts';
import type { Shown, Workbench } from './workbench.ts';

/** Sub-agents that run at once, in another order each time, with ids and times in their prompts (e2e/agents/parallel-agent.ts). */
const command = agentCommand('parallel-agent', '--stream');
let bench: Workbench;
let model: ScriptedModel;
let runId: string;
let parent: Shown;

beforeAll(async () => {
  bench = openWorkbench();
  model = await bench.model({ rounds: 2 });
  const recorded = await bench.record(model, command);
  expect(recorded.code, recorded.stderr).toBe(0);
  expect(recorded.said).toBe('0 swapped; summed up');
  expect(model.calls).toHaveLength(10);
  ({ runId } = recorded);
  parent = await bench.show(runId);
});
afterAll(() => bench.close());

test('replayed with the provider gone, each sub-agent gets its own answers, whatever the order', async () => {
  for (let round = 0; round < 3; round++) {
    const { code, take, stderr } = await bench.rerun(
      runId,
      ['--from', String(parent.steps.length), '--upstream', deadUpstream],
      command,
    );
    expect(code, stderr).toBe(0);
    expect(take?.served).toEqual({ recorded: 10, live: 0, edited: 0, held: 0, extra: 0, skipped: 0 });
    expect(stderr).toContain('0 swapped; summed up');
  }
});

test('forked in one sub-agent, its siblings stay on the recording: three calls live, not seven', async () => {
  // The second call of one of them: its task once, and one tool result.
  const fork = parent.steps.find(
    ({ kind, input }) =>
      kind === 'llm' &&
      JSON.stringify(input).includes('in York') &&
      input?.filter(({ role }) => role === 'tool').length === 1,
  );
  const before = model.calls.length;
  const edit = bench.edits([{ op: 'message', item: 'system', text: 'You look up one thing, and doubt it.' }]);
  const { code, take, stderr } = await bench.rerun(
    runId,
    ['--from', String(fork?.index), '--upstream', model.url, '--edit', edit],
    command,
  );
  expect(code, stderr).toBe(0);
  expect(take?.served).toEqual({ recorded: 7, live: 3, edited: 0, held: 0, extra: 0, skipped: 0 });
  expect(stderr).toContain('0 swapped; summed up');
  const received = model.calls.slice(before).map(({ body }) => body);
  expect(
    received.filter((body) => body.includes('You look up one thing, and doubt it.') && !body.includes('You sum up.')),
  ).toHaveLength(2);
  // The sum, which reads what the forked one found.
  expect(received.filter((body) => body.includes('You sum up.') && body.includes('and doubt it'))).toHaveLength(1);
});

test('with everything live after the fork, the siblings ask the model too', async () => {
  const fork = parent.steps.find(
    ({ kind, input }) =>
      kind === 'llm' &&
      JSON.stringify(input).includes('in York') &&
      input?.filter(({ role }) => role === 'tool').length === 1,
  );
  const { code, take, stderr } = await bench.rerun(
    runId,
    ['--from', String(fork?.index), '--after-fork', 'live', '--upstream', model.url],
    command,
  );
  expect(code, stderr).toBe(0);
  expect(take?.served.live).toBeGreaterThanOrEqual(3);
  expect((take?.served.live ?? 0) + (take?.served.recorded ?? 0)).toBe(10);
  expect(stderr).toContain('0 swapped; summed up');
});
