import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

const file = await readTrajectories(fixture('tau-bench/1/results.json'));
const [passing, failing, crashed] = file.runs;

describe('tau-bench results', () => {
  test('each trial is one run, its calls and tools in their order', () => {
    expect(file.format).toBe('tau-bench');
    expect(file.skipped).toEqual([]);
    expect(file.warnings).toEqual([
      'tau-bench keeps no times: the steps stand in their order, 1 ms each; durations are not known',
    ]);
    expect(outline(passing)).toEqual([
      'agent | tau-bench | ok',
      'llm | chat | get_booking({"booking_id":"B-12"})',
      'tool | get_booking | {"booking_id": "B-12"}',
      'llm | chat | It is on 1 June in room 4. Shall I move it to 3 June?',
      'llm | chat | move_booking({"booking_id":"B-12","date":"2024-06-03"})',
      'tool | move_booking | {"booking_id": "B-12", "date": "2024-06-03"}',
      'llm | chat | Done.',
    ]);
    expect(outline(failing).slice(-3)).toEqual([
      'tool | move_booking | {"booking_id": "B-12", "date": "2024-07-03"} | error',
      'llm | chat | transfer_to_human({"summary":"room taken"})',
      'tool | transfer_to_human | {"summary": "room taken"}',
    ]);
  });

  test("the outcome is the root's status, reward and error; trials of a task stand together", () => {
    const roots = file.runs.map(([root]) => root);
    expect(
      roots.map((root) => [
        root?.facts.runName,
        root?.facts.status,
        root?.facts.error?.message,
        root?.attributes.number('retake.outcome.reward'),
        root?.attributes.boolean('retake.outcome.succeeded'),
      ]),
    ).toEqual([
      ['task 3, trial 0', 'ok', undefined, 1, true],
      ['task 3, trial 1', 'error', 'reward 0', 0, false],
      ['task 4, trial 0', 'error', 'the connection was closed', 0, false],
    ]);
    const conversations = roots.map((root) => root?.facts.conversation?.value);
    expect(conversations[0]).toMatch(/^tau-bench task 3 \([0-9a-f]{8}\)$/);
    expect(conversations[1]).toBe(conversations[0]);
    expect(conversations[2]).not.toBe(conversations[0]);
    expect(crashed).toHaveLength(1);
  });

  test('a call is given everything before it, and nothing of the file is lost', () => {
    const last = passing?.at(-1)?.content;
    expect(last?.input.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
      'assistant',
      'tool',
    ]);
    expect(last?.input[3]?.parts).toEqual([
      { type: 'tool_result', id: 'call_a1', result: '{"booking_id": "B-12", "date": "2024-06-01", "room": 4}' },
    ]);
    expect(failing?.[5]?.content.toolResult).toBe('Error: room 4 is taken on 2024-07-03');
    const info = JSON.parse(passing?.[0]?.attributes.text('retake.import.info') ?? '') as {
      user_cost: number;
      task: { user_id: string };
    };
    expect([info.user_cost, info.task.user_id]).toEqual([0.0012, 'guest_7']);
    expect(passing?.every(({ span }) => span.scope.name === 'retake.import.tau-bench')).toBe(true);
  });

  test('times are an order by task, trial and step; no tokens or costs are made up', () => {
    expect(passing?.map(({ span }) => Number(span.endNs - span.startNs) / 1e6)).toEqual([6, 1, 1, 1, 1, 1, 1]);
    expect(file.runs.map(([root]) => new Date(Number((root?.span.startNs ?? 0n) / 1_000_000n)).toISOString())).toEqual([
      '2000-01-01T00:50:00.000Z',
      '2000-01-01T00:50:01.000Z',
      '2000-01-01T01:06:40.000Z',
    ]);
    expect(
      passing?.every(
        ({ facts }) =>
          facts.usage === undefined && facts.reportedCostUsd === undefined && facts.responseModel === undefined,
      ),
    ).toBe(true);
  });

  test('ids come from the content: the same trial in another file, compact and alone, is the same run', async () => {
    const trials = JSON.parse(fixture('tau-bench/1/results.json').toString()) as unknown[];
    const alone = await readTrajectories(JSON.stringify([trials[1]]));
    expect(alone.runs[0]?.map(({ span }) => [span.traceId, span.spanId])).toEqual(
      failing?.map(({ span }) => [span.traceId, span.spanId]),
    );
    const twice = await readTrajectories(JSON.stringify([trials[0], trials[0]]));
    expect(twice.runs).toHaveLength(1);
    expect(twice.warnings).toContain(
      'task 3, trial 0 stands more than once in the file, equal in everything: it is one run',
    );
  });

  test('what is no trial is skipped with its place; results without their call are kept and told', async () => {
    const orphan = {
      task_id: 1,
      reward: 1,
      info: {},
      trial: 0,
      traj: [
        { role: 'tool', tool_call_id: 'call_z', content: 'late' },
        { role: 'assistant', content: 'Hello.' },
      ],
    };
    const read = await readTrajectories(JSON.stringify([orphan, { note: 'not a trial' }]));
    expect(read.skipped).toEqual(['trial 2 of the file: no task_id, reward and traj of tau-bench']);
    expect(read.warnings[0]).toBe(
      "task 1, trial 0: 1 tool messages answer no call that was made before them; they are in the models' contexts only",
    );
    expect(read.runs[0]?.[0]?.attributes.json('retake.import.messages_without_a_step')).toEqual([
      { role: 'tool', tool_call_id: 'call_z', content: 'late' },
    ]);
  });
});
