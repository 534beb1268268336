import { expect, it } from 'vitest';
import { pinTogether, withoutPin } from './pins.ts';

it('takes a step of each run from two rows, in either order', () => {
  expect(pinTogether({ a: 4 }, { b: 7 })).toEqual([4, 7]);
  expect(pinTogether({ b: 7 }, { a: 4 })).toEqual([4, 7]);
  expect(pinTogether({ a: 4, b: 5 }, { b: 7 })).toEqual([4, 7]);
  expect(pinTogether({ a: 4, b: 5 }, { a: 6 })).toEqual([6, 5]);
  expect(pinTogether({ a: 4, b: 5 }, { a: 6, b: 7 })).toEqual([4, 7]);
  expect(pinTogether({ a: 4, b: 5 }, { a: 4, b: 5 })).toEqual([4, 5]);
});

it('has nothing to pin when both rows are of one run', () => {
  expect(pinTogether({ a: 4 }, { a: 5 })).toBeUndefined();
  expect(pinTogether({ b: 4 }, { b: 5 })).toBeUndefined();
});

it('a new pin takes the steps of older ones', () => {
  expect(
    withoutPin(
      [
        [1, 1],
        [4, 6],
        [5, 7],
        [9, 9],
      ],
      { a: 4, b: 7 },
    ),
  ).toEqual([
    [1, 1],
    [9, 9],
  ]);
});
