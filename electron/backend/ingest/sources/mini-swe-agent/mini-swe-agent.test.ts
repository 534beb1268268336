import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

const first = await readTrajectories(fixture('mini-swe-agent/1/greeting.traj.json'));
const second = await readTrajectories(fixture('mini-swe-agent/1.1/greeting.traj.json'));

describe('mini-swe-agent trajectories', () => {
  test('version 1: one command per answer, from its text; an answer with two runs none', () => {
    expect(first.format).toBe('mini-swe-agent');
    expect(first.skipped).toEqual([]);
    expect(outline(first.runs[0]).map((line) => line.replaceAll('\n', '⏎'))).toEqual([
      'agent | mini-swe-agent | ok',
      'llm | example/model-a-0101 | reasoning | THOUGHT: look.⏎⏎```bash⏎cat greet.py⏎```',
      'tool | bash | {"command":"cat greet.py"}',
      'llm | example/model-a-0101 | THOUGHT: two at once.⏎⏎```bash⏎ls⏎```⏎⏎```bash⏎pwd⏎```',
      'llm | example/model-a-0101 | THOUGHT: test.⏎⏎```bash⏎python check.py⏎```',
      'tool | bash | {"command":"python check.py"} | error',
      'llm | example/model-a-0101 | THOUGHT: done.⏎⏎```bash⏎echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && git diff⏎```',
      'tool | bash | {"command":"echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && git diff"}',
    ]);
    expect(first.runs[0]?.[5]?.facts.error?.message).toBe('exit status 1');
    expect(first.runs[0]?.[7]?.content.toolResult).toBe('diff --git a/greet.py b/greet.py');
  });

  test('version 1: models, tokens, costs and seconds of the API responses; what else they hold is kept', () => {
    const calls = first.runs[0]?.filter(({ facts }) => facts.kind === 'llm') ?? [];
    expect(
      calls.map(({ facts }) => [
        facts.usage?.input,
        facts.usage?.output,
        facts.usage?.cacheRead,
        facts.reportedCostUsd,
      ]),
    ).toEqual([
      [100, 20, 0, 0.001],
      [150, 20, 10, 0.002],
      [200, 20, 20, 0.003],
      [250, 20, 30, 0.004],
    ]);
    expect(calls.map(({ span }) => Number(span.startNs / 1_000_000_000n))).toEqual([
      1_763_510_516, 1_763_510_520, 1_763_510_524, 1_763_510_528,
    ]);
    expect([calls[0]?.facts.requestModel, calls[0]?.facts.responseId, calls[0]?.facts.usage?.reasoning]).toEqual([
      'example/model-a',
      'gen-0',
      5,
    ]);
    expect(calls[0]?.attributes.json('retake.import.response')).toEqual({ provider: 'Example' });
    expect(first.runs[0]?.[0]?.attributes.json('retake.import.info')).toMatchObject({
      config: { agent: { step_limit: 250 } },
    });
    expect(first.warnings).toEqual([
      'this version of mini-swe-agent keeps the second in which a model began to answer and no durations: each step stands 1 ms long in its order',
    ]);
  });

  test('version 1.1: tool calls, their failures, an answer that could not be parsed, the exit', () => {
    expect(second.skipped).toEqual([]);
    expect(outline(second.runs[0])).toEqual([
      'agent | mini-swe-agent | ok',
      'llm | model-b-2026 | bash({"command":"cat greet.py"}) | bash({"command":"ls"})',
      'tool | bash | {"command":"cat greet.py"}',
      'tool | bash | {"command":"ls"}',
      'llm | model-b-2026 | I use shell. | shell({})',
      'llm | model-b-2026 | bash({"command":"sleep 99"})',
      'tool | bash | {"command":"sleep 99"} | error',
      'llm | model-b-2026 | bash({"command":"echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && cat patch.txt"})',
      'tool | bash | {"command":"echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && cat patch.txt"}',
    ]);
    const [, , , , , , failed] = second.runs[0] ?? [];
    expect(failed?.facts.error?.message).toBe(
      'An error occurred while executing the command: timed out after 60 seconds',
    );
    expect(second.runs[0]?.at(-1)?.content.toolResult).toBe('diff --git a/greet.py b/greet.py');
  });

  test('version 1.1: how long models and commands took', () => {
    const durations = (kind: string): readonly number[] =>
      (second.runs[0] ?? [])
        .filter(({ facts }) => facts.kind === kind)
        .map(({ span }) => Number(span.endNs - span.startNs) / 1e6);
    expect(durations('llm')).toEqual([2500, 1000, 2250, 1750]);
    expect(durations('tool')).toEqual([1, 500, 61_000, 1]);
    expect(
      second.runs[0]
        ?.filter(({ facts }) => facts.kind === 'llm')
        .reduce((sum, { facts }) => sum + (facts.reportedCostUsd ?? 0), 0),
    ).toBeCloseTo(0.01);
  });

  test("a run that did not submit failed, in the file's words", async () => {
    const document = JSON.parse(fixture('mini-swe-agent/1.1/greeting.traj.json').toString()) as { info: object };
    const read = await readTrajectories(
      JSON.stringify({ ...document, info: { ...document.info, exit_status: 'LimitsExceeded' } }),
    );
    expect([read.runs[0]?.[0]?.facts.status, read.runs[0]?.[0]?.facts.error?.message]).toEqual([
      'error',
      'LimitsExceeded',
    ]);
  });
});

describe('a file that has grown', () => {
  interface Trajectory {
    readonly messages: readonly unknown[];
    readonly info: Readonly<Record<string, unknown>>;
  }
  const whole = JSON.parse(fixture('mini-swe-agent/1.1/greeting.traj.json').toString()) as Trajectory;
  const cut = (count: number, from = whole): string => {
    const { exit_status: _, ...info } = from.info;
    return JSON.stringify({ ...from, info, messages: from.messages.slice(0, count) });
  };

  test('is the same run: what was there keeps its ids', async () => {
    const [half, full] = [await readTrajectories(cut(4)), await readTrajectories(JSON.stringify(whole))];
    const ids = ({ runs }: typeof half) => (runs[0] ?? []).map(({ span }) => `${span.traceId} ${span.spanId}`);
    expect(ids(half).length).toBeLessThan(ids(full).length);
    expect(ids(full).slice(0, ids(half).length)).toEqual(ids(half));
  });
});
