import { describe, expect, it } from 'vitest';
import { stepTableOf } from '../step-table-builder.ts';
import type { StepShape } from '../step-table-builder.ts';
import { buildStepTree } from '../timeline/timeline-rows.ts';
import { buildOverview, inOrder, valueAt } from './overview-model.ts';

function overview(steps: readonly StepShape[], width: number) {
  const table = stepTableOf(steps);
  return buildOverview(table, buildStepTree(table), width);
}

describe('overview', () => {
  const steps: readonly StepShape[] = [
    { kind: 'agent', name: 'root', start: 0, duration: 100 },
    { kind: 'llm', name: 'a', parent: 0, start: 0, duration: 40, input: 1_000, costUsd: 0.5 },
    { kind: 'agent', name: 'sub', parent: 0, start: 50, duration: 50 },
    { kind: 'llm', name: 'b', parent: 2, start: 50, duration: 20, input: 3_000, costUsd: 0.25 },
    { kind: 'llm', name: 'c', parent: 2, start: 80, duration: 20, input: 2_000 },
  ];

  it('gives the frame around everything no lane, and sub-agents a lane of their own', () => {
    const { lanes } = overview(steps, 10);
    expect(lanes.map((lane) => Array.from(lane))).toEqual([
      [2, 2, 2, 2, 0, 3, 3, 3, 3, 3],
      [0, 0, 0, 0, 0, 4, 4, 0, 5, 5],
    ]);
  });

  it('gives what goes on at the same time lanes of its own, as far as there are any', () => {
    const parallel = (start: number): StepShape => ({ kind: 'tool', name: 't', parent: 0, start, duration: 40 });
    const frame: StepShape = { kind: 'agent', name: 'root', start: 0, duration: 100 };
    const shown = (shapes: readonly StepShape[]) =>
      overview([frame, ...shapes], 10).lanes.map((lane) => Array.from(lane));
    expect(shown([parallel(0), parallel(20), parallel(60)])).toEqual([
      [2, 2, 2, 2, 0, 0, 4, 4, 4, 4],
      [0, 0, 3, 3, 3, 3, 0, 0, 0, 0],
    ]);
    expect(shown(Array.from({ length: 9 }, () => parallel(10)))).toHaveLength(4);
  });

  it('puts the steps of a run without times side by side in their order', () => {
    const table = inOrder(stepTableOf(steps.map((step) => ({ ...step, start: 0, duration: -2 }))));
    const { lanes } = buildOverview(table, buildStepTree(table), 10);
    expect(lanes.map((lane) => Array.from(lane))).toEqual([
      [0, 0, 2, 2, 3, 3, 3, 3, 3, 3],
      [0, 0, 0, 0, 0, 0, 4, 4, 5, 5],
    ]);
  });

  it('draws context at the llm steps and money as it is spent', () => {
    const model = overview(steps, 10);
    expect(model.context).toEqual([
      { atMs: 0, value: 1_000 },
      { atMs: 50, value: 3_000 },
      { atMs: 80, value: 2_000 },
    ]);
    expect(model.maxContext).toBe(3_000);
    expect(model.cost).toEqual([
      { atMs: 40, value: 0.5 },
      { atMs: 70, value: 0.75 },
    ]);
    expect(model).toMatchObject({ totalCostUsd: 0.75, unpricedCalls: 1 });
    expect([valueAt(model.cost, 39), valueAt(model.cost, 40), valueAt(model.cost, 1_000)]).toEqual([
      undefined,
      0.5,
      0.75,
    ]);
  });

  it('counts usage once: restated and duplicate figures draw nothing', () => {
    const model = overview(
      [
        { kind: 'agent', name: 'root', duration: 10, input: 9, costUsd: 9, usageRole: 'rollup' },
        { kind: 'llm', name: 'a', parent: 0, duration: 10, input: 5, costUsd: 1, usageRole: 'duplicate' },
      ],
      4,
    );
    expect(model).toMatchObject({ context: [], cost: [], totalCostUsd: undefined, unpricedCalls: 0 });
  });

  it('keeps a failed step visible under a crowd: one pixel, painted last', () => {
    const crowd: StepShape[] = Array.from({ length: 10_000 }, (_, index) => ({
      kind: 'tool' as const,
      name: 't',
      start: index,
      duration: 1,
      status: index === 5_000 ? ('error' as const) : ('ok' as const),
    }));
    const [lane] = overview(crowd, 100).lanes;
    expect(lane?.[50]).toBe(5_001);
    expect(lane?.every((cell) => cell > 0)).toBe(true);
  });
});
