import { expect, test } from 'vitest';
import { hasItsChecksum, packNumbers, unpackNumbers, withChecksum } from './packed-numbers.ts';

const lists = [[], [0], [127], [128, 3, 2 ** 40], Array.from({ length: 300 }, (_, index) => index * 977)];

test.each(lists.map((list) => [list]))('numbers come back, and every flipped bit of them is noticed', (list) => {
  const packed = withChecksum(packNumbers(list));
  expect(unpackNumbers(packed)).toEqual(list);
  expect([hasItsChecksum(packed), hasItsChecksum(packNumbers(list))]).toEqual([true, true]);
  for (let at = 0; at < packed.length - 1; at++)
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(packed);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
      expect([at, bit, hasItsChecksum(flipped)]).toEqual([at, bit, false]);
    }
});
