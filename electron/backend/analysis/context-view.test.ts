import { expect, test } from 'vitest';
import { callOfStep, growthBars } from './context-view.ts';
import type { CallOutline } from './context-view.ts';

const call = (step: number, total: number, change: Partial<CallOutline> = {}): CallOutline => ({
  step,
  conversation: 0,
  total,
  hasDrop: false,
  hasLoss: false,
  ...change,
});

test('a step without a context of its own shows that of the call it was made for', () => {
  const calls = [call(1, 100), call(3, 120), call(6, 150)];
  expect([undefined, 0, 1, 2, 3, 5, 6, 9].map((step) => callOfStep(calls, step))).toEqual([2, 0, 0, 1, 1, 2, 2, 2]);
  expect(callOfStep([], 3)).toBe(-1);
});

test('a long conversation is drawn in so many bars, none of which hides the selected call or a lost cache', () => {
  const calls = Array.from({ length: 1_000 }, (_, at) => call(at, 100 + at, at === 500 ? { hasDrop: true } : {}));
  const bars = growthBars([...calls, call(1_001, 5, { conversation: 1 })], 321, 60);
  expect(bars.length).toBeLessThanOrEqual(60);
  expect(bars.filter(({ isSelected }) => isSelected).map(({ at }) => at)).toEqual([321]);
  expect(bars.filter(({ hasDrop }) => hasDrop)).toHaveLength(1);
});
