import { expect, test } from 'vitest';
import { changedPriceWords, priceKeyWords } from './price-words.ts';

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
