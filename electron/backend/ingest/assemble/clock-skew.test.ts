import { describe, expect, it } from 'vitest';
import { assembleSpans, codesOf } from './assemble.testing.ts';
import type { TestSpan } from './assemble.testing.ts';

const agent: TestSpan = { id: 'agent', kind: 'agent', start: 10, end: 4_000 };
const tool: TestSpan = { id: 'tool', parent: 'agent', kind: 'tool', start: 1_000, end: 2_000, spanKind: 3 };
const served: TestSpan = { id: 'served', parent: 'tool', kind: 'other', start: 301_000, end: 301_800, spanKind: 2 };
const below: TestSpan = { id: 'below', parent: 'served', kind: 'db', start: 301_100, end: 301_200 };
const msOf = (run: ReturnType<typeof assembleSpans>, id: string): readonly number[] => {
  const { startNs, endNs } = run.step(id);
  return [Number(startNs) / 1e6, Number(endNs ?? 0n) / 1e6];
};

describe("a server's clock that is ahead or behind", () => {
  it('is no part of the run: its spans stand in the middle of the request, and that is said', () => {
    const run = assembleSpans([agent, tool, served, below]);
    expect([Number(run.startNs) / 1e6, Number(run.endNs) / 1e6]).toEqual([10, 4_000]);
    expect([msOf(run, 'served'), msOf(run, 'below')]).toEqual([
      [1_100, 1_900],
      [1_200, 1_300],
    ]);
    expect(codesOf(run)).toEqual(['clock-skew', 'calls-not-sent']);
    expect(run.notices[0]?.message).toContain('299.9 s ahead of');
    const behind = assembleSpans([
      { ...agent, start: 400_000, end: 404_000 },
      { ...tool, start: 401_000, end: 402_000 },
      served,
    ]);
    expect(Number(behind.startNs) / 1e6).toBe(400_000);
  });

  it('is not taken for what goes on in the background, in the same process or after the answer', () => {
    const late = { ...served, spanKind: 1 };
    expect(Number(assembleSpans([agent, tool, late]).endNs) / 1e6).toBe(301_800);
    const long = { ...served, start: 1_100, end: 9_000 };
    expect(msOf(assembleSpans([agent, tool, long]), 'served')).toEqual([1_100, 9_000]);
  });
});
