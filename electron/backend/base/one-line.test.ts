import { expect, test } from 'vitest';
import { oneLine } from './one-line.ts';

test.each([
  ['  Husum:\n\n  high tide\tat 9 ', 20, 'Husum: high tide at…'],
  ['high tide', 20, 'high tide'],
  [`${' \n'.repeat(500)}after much space`, 20, 'after much space'],
  ['abc😀def', 5, 'abc…'],
  [' \n ', 20, ''],
])('%j in %i', (text, longest, expected) => {
  expect(oneLine(text, longest)).toBe(expected);
});
