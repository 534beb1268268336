import { describe, expect, it } from 'vitest';
import { assembleSpans } from './assemble.testing.ts';
import type { TestSpan } from './assemble.testing.ts';

/** Spans that Retake made of a file which does not have all times: what it does not have is not made up. */
const root: TestSpan = { id: 'agent', kind: 'agent', start: 1, end: 40, status: 'ok' };
const call: TestSpan = { id: 'llm', parent: 'agent', kind: 'llm', start: 2, end: 3, usage: { input: 1, output: 1 } };
const tool: TestSpan = { id: 'tool', parent: 'agent', kind: 'tool', start: 10, end: 20 };
const marked = (span: TestSpan, knownTimes: 'order' | 'start' | 'duration'): TestSpan => ({
  ...span,
  facts: { knownTimes },
});

describe('times that a file does not have', () => {
  it('are none: neither durations of the steps nor of the run, and the run is none the less over', () => {
    const run = assembleSpans([marked(root, 'order'), marked(call, 'order'), marked(tool, 'start')]);
    expect([run.status, run.endNs, run.llmCalls]).toEqual(['ok', undefined, 1]);
    expect(run.steps.map((step) => step.endNs)).toEqual([undefined, undefined, undefined]);
  });

  it('leave those that it has', () => {
    const run = assembleSpans([marked(root, 'start'), marked(call, 'duration'), tool]);
    expect(run.steps.map((step) => step.endNs === undefined)).toEqual([true, false, false]);
    expect(Number(run.endNs) / 1e6).toBe(20);
  });
});
