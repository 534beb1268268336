import { expect, it } from 'vitest';
import { markFrom, withToggled } from './use-marks.ts';

it('marks and unmarks steps of a run, in order, and forgets the oldest runs', () => {
  const once = withToggled([['other', [1]]], 'run', 5);
  const twice = withToggled(once, 'run', 2);
  expect(twice).toEqual([
    ['other', [1]],
    ['run', [2, 5]],
  ]);
  expect(withToggled(withToggled(twice, 'run', 2), 'run', 5)).toEqual([['other', [1]]]);
  const many = Array.from({ length: 200 }, (_, at) => [`run ${at}`, [0]] as const);
  const next = withToggled(many, 'new', 1);
  expect([next.length, next[0]?.[0], next.at(-1)]).toEqual([200, 'run 1', ['new', [1]]]);
});

it('goes from mark to mark, and round', () => {
  const marks = new Set([7, 3]);
  expect([markFrom(marks, 3, 1), markFrom(marks, 7, 1), markFrom(marks, undefined, 1)]).toEqual([7, 3, 3]);
  expect([markFrom(marks, 7, -1), markFrom(marks, 3, -1)]).toEqual([3, 7]);
  expect(markFrom(new Set(), 3, 1)).toBeUndefined();
});
