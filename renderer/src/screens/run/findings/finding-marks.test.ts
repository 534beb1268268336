import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../../shared/model/finding.ts';
import { findingMarks, findingTicks, markWords } from './finding-marks.ts';

const repeat = (steps: readonly number[]): Finding => ({
  facts: { kind: 'repeat', calls: ['bash npm test'], times: steps.length, result: 'FAIL' },
  steps: [...steps],
  stepCount: steps.length,
  money: { kind: 'none' },
});
const credential = (steps: readonly number[]): Finding => ({
  facts: { kind: 'credential', what: 'OpenAI API key', where: 'bash', begins: 'sk-', places: steps.length },
  steps: [...steps],
  stepCount: steps.length,
  money: { kind: 'none' },
});

describe('marks of findings', () => {
  it('are none where nothing was found', () => {
    expect(findingMarks([]).size).toBe(0);
    expect(findingMarks([repeat([])]).size).toBe(0);
  });

  it('lead from each step to the first finding that names it, and say all of them', () => {
    const marks = findingMarks([repeat([4, 6, 8]), credential([6, 10]), credential([6])]);
    expect([...marks.keys()]).toEqual([4, 6, 8, 10]);
    expect(marks.get(6)).toEqual({
      finding: 0,
      titles: ['bash npm test gave the same result 3 times', 'OpenAI API key in the trace'],
    });
    expect(marks.get(10)?.finding).toBe(1);
    expect(markWords({ finding: 0, titles: ['one', 'two'] })).toBe('Found here: one · two');
  });
});

describe('marks of what is carried', () => {
  it('stand where it came from, not at each call that carried it', () => {
    const facts = { kind: 'carried-unused', label: 'bash', preview: '', tokens: 1, calls: 3, share: 0.1 } as const;
    expect([...findingMarks([{ ...repeat([2, 5, 7]), facts }]).keys()]).toEqual([2]);
  });
});

describe('ticks of findings', () => {
  it('stand in order, those that would lie on each other as one', () => {
    const marks = findingMarks([credential([90]), repeat([10, 11, 50])]);
    const ticks = findingTicks(marks, (step) => step / 100, 0.02);
    expect(ticks.map(({ at, step, steps }) => ({ at, step, steps }))).toEqual([
      { at: 0.1, step: 10, steps: 2 },
      { at: 0.5, step: 50, steps: 1 },
      { at: 0.9, step: 90, steps: 1 },
    ]);
    expect(ticks[2]?.mark.finding).toBe(0);
  });

  it('are no more than there is room for, and stay within the strip', () => {
    const marks = findingMarks([repeat(Array.from({ length: 1_000 }, (_, step) => step))]);
    const ticks = findingTicks(marks, (step) => step / 900, 0.01);
    expect(ticks.length).toBeLessThanOrEqual(101);
    expect(ticks.reduce((sum, { steps }) => sum + steps, 0)).toBe(1_000);
    expect(ticks.at(-1)?.at).toBeLessThanOrEqual(1);
    expect(findingTicks(marks, () => undefined, 0.01)).toEqual([]);
  });
});
