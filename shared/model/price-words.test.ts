import { expect, test } from 'vitest';
import { changedPriceWords, modelSpendWords, priceKeyWords } from './price-words.ts';

test('prices are named in words; a name that the catalogue has and we do not stands as it is', () => {
  expect(
    changedPriceWords([
      { key: 'input_mtok', before: '2.5, above 271999: 5', after: '1000' },
      { key: 'cache_read_mtok', before: '0.25' },
    ]),
  ).toBe('input 2.5, above 271999: 5 → 1000, cache read 0.25 → none');
  expect(priceKeyWords('requests_kcount')).toBe('requests_kcount');
  expect(priceKeyWords('constructor')).toBe('constructor');
});

const words = (before: readonly [number, number], after: readonly [number, number], runs = 2) =>
  modelSpendWords(
    {
      model: 'gpt-5',
      runs,
      beforeNanoUsd: before[0],
      unpricedBefore: before[1],
      afterNanoUsd: after[0],
      unpricedAfter: after[1],
    },
    (nanoUsd) => `$${nanoUsd / 1e9}`,
  );

test('what has no price any more is not told as $0, and what costs nothing is', () => {
  expect(words([260_000_000, 0], [0, 41])).toBe('$0.26 → no price in 2 runs');
  expect(words([0, 7], [20_000_000, 0], 1)).toBe('no price → $0.02 in 1 run');
  expect(words([390_000_000, 1], [40_000_000, 3])).toBe('≥ $0.39 → ≥ $0.04 in 2 runs');
  expect(words([390_000_000, 0], [0, 0])).toBe('$0.39 → $0 in 2 runs');
});
