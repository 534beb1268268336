import { expect, test } from 'vitest';
import type { ContextCall, ContextItem, ContextLens } from '../../../../../shared/model/context-lens.ts';
import { callOfStep, carriedRows, growthBars, sharesOf } from './context-rows.ts';

const call = (step: number, total: number, change: Partial<ContextCall> = {}): ContextCall => ({
  step,
  conversation: 0,
  total,
  reported: true,
  scale: 1,
  categories: [10, 20, total - 30, 0, 0, 0, 0, 0, 0],
  ...change,
});

const item = (change: Partial<ContextItem>): ContextItem => ({
  category: 'user',
  label: 'user',
  preview: '',
  entered: 1,
  tokens: 10,
  tokensFrom: 'measured',
  spans: [0, 1],
  sent: 2,
  unpriced: 0,
  ...change,
});

test('a step without a context of its own shows that of the call it was made for', () => {
  const calls = [call(1, 100), call(3, 120), call(6, 150)];
  expect([undefined, 0, 1, 2, 3, 5, 6, 9].map((step) => callOfStep(calls, step))).toEqual([2, 0, 0, 1, 1, 2, 2, 2]);
  expect(callOfStep([], 3)).toBe(-1);
});

test('the table holds what the call carried, definitions and instructions as one line each, the dearest first', () => {
  const lens: ContextLens = {
    behind: false,
    notes: [],
    calls: [call(1, 100), call(3, 200, { scale: 2 })],
    items: [
      item({ category: 'tools', label: 'bash', tokens: 8, rentUsd: 0.1 }),
      item({ category: 'tools', label: 'grep', tokens: 12, rentUsd: 0.2 }),
      item({ category: 'system', label: 'system', tokens: 10, rentUsd: 0.05 }),
      item({ category: 'tool_results', label: 'bash', tokens: 30, spans: [1, 1], sent: 1, origin: 2, rentUsd: 0.5 }),
      item({ category: 'user', label: 'user', spans: [0, 0], sent: 1 }),
    ],
  };
  const rows = carriedRows(lens, 1, undefined, ['grep']);
  expect(rows.map(({ label, tokens, sent, share }) => [label, tokens, sent, share])).toEqual([
    ['tool result · bash', 60, 1, 0.1],
    ['tool definitions (2, 1 never called)', 40, 2, 40 / 300],
    ['system prompt', 20, 2, 20 / 300],
  ]);
  expect(rows[1]?.rentUsd).toBeCloseTo(0.3, 10);
  expect(carriedRows(lens, 0, 'user', []).map(({ label, rentUsd }) => [label, rentUsd])).toEqual([['user', undefined]]);
});

test('a long conversation is drawn in so many bars, none of which hides the selected call or a lost cache', () => {
  const drop = { previous: 1, expected: 10, matched: 0, cause: { kind: 'compaction' } } as const;
  const calls = Array.from({ length: 1_000 }, (_, at) => call(at, 100 + at, at === 500 ? { drop } : {}));
  const bars = growthBars([...calls, call(1_001, 5, { conversation: 1 })], 321, 60);
  expect(bars.length).toBeLessThanOrEqual(60);
  expect(bars.filter(({ isSelected }) => isSelected).map(({ position }) => position)).toEqual([321]);
  expect(bars.filter(({ hasDrop }) => hasDrop)).toHaveLength(1);
  expect(sharesOf(call(1, 50)).map(({ category, tokens }) => [category, tokens])).toEqual([
    ['system', 10],
    ['tools', 20],
    ['user', 20],
  ]);
});
