import { expect, test } from 'vitest';
import { createHeldValues } from './held-values.ts';

test('what was heard of longest ago is forgotten first, once there is too much; what is said again is not counted twice', () => {
  // Each takes about 1,000 bytes of 3,500.
  const held = createHeldValues(3_500);
  const value = (name: string): unknown => ({ name, text: 'x'.repeat(970) });
  for (const name of ['a', 'b', 'c']) held.set(name, value(name));
  for (let time = 0; time < 10; time++) held.set('a', value('a'));
  expect(['a', 'b', 'c'].map((name) => held.get(name) !== undefined)).toEqual([true, true, true]);
  held.set('d', value('d'));
  expect(['a', 'b', 'c', 'd'].map((name) => held.get(name) !== undefined)).toEqual([true, false, true, true]);
});

test('a value that is larger than all there may be is not held, and nothing else is left', () => {
  const held = createHeldValues(1_000);
  held.set('small', 'x');
  held.set('large', 'x'.repeat(2_000));
  expect([held.get('small'), held.get('large')]).toEqual([undefined, undefined]);
  held.set('small', 'x');
  expect(held.get('small')).toBe('x');
});

test('small values are bounded by their number', () => {
  const held = createHeldValues();
  for (let number = 0; number <= 100_000; number++) held.set(`id ${number}`, 1);
  expect([held.get('id 0'), held.get('id 1'), held.get('id 100000')]).toEqual([undefined, 1, 1]);
});
