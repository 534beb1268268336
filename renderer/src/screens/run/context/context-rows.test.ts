import { expect, test } from 'vitest';
import type { ContextCall, ContextItem } from '../../../../../shared/model/context-lens.ts';
import { carriedRows, sharesOf } from './context-rows.ts';

const call: ContextCall = {
  step: 3,
  conversation: 0,
  total: 200,
  reported: true,
  scale: 2,
  categories: [10, 20, 170, 0, 0, 0, 0, 0, 0],
};

const item = (change: Partial<ContextItem>): ContextItem => ({
  category: 'user',
  label: 'user',
  preview: '',
  entered: 1,
  tokens: 10,
  tokensFrom: 'measured',
  spans: [0, 1],
  sent: 2,
  carried: 20,
  unpriced: 0,
  ...change,
});

test('the table holds what the call carried, definitions and instructions as one line each, the dearest first', () => {
  const lens = {
    call,
    conversationInput: 300,
    items: [
      item({ category: 'tools', label: 'bash', tokens: 8, carried: 16, rentUsd: 0.1 }),
      item({ category: 'tools', label: 'grep', tokens: 12, carried: 24, rentUsd: 0.2 }),
      item({ category: 'system', label: 'system', tokens: 10, rentUsd: 0.05 }),
      item({
        category: 'tool_results',
        label: 'bash',
        tokens: 30,
        spans: [1, 1],
        sent: 1,
        carried: 60,
        origin: 2,
        rentUsd: 0.5,
      }),
      item({ category: 'user', label: 'user', tokens: 5, carried: 11 }),
    ],
  };
  const rows = carriedRows(lens, undefined, ['grep']);
  expect(rows.map(({ label, tokens, sent, share }) => [label, tokens, sent, share])).toEqual([
    ['tool result · bash', 60, 1, 60 / 300],
    ['tool definitions (2, 1 never called)', 40, 2, 40 / 300],
    ['system prompt', 20, 2, 20 / 300],
    ['user', 10, 2, 11 / 300],
  ]);
  expect(rows[1]?.rentUsd).toBeCloseTo(0.3, 10);
  // No call that carried it has a price: that is unknown, not nothing.
  expect(rows[3]?.rentUsd).toBeUndefined();
  expect(carriedRows(lens, 'system', []).map(({ label }) => label)).toEqual(['system prompt']);
});

test('the band holds what the call has, in the order of the request', () => {
  expect(sharesOf(call).map(({ category, tokens }) => [category, tokens])).toEqual([
    ['system', 10],
    ['tools', 20],
    ['user', 170],
  ]);
});
