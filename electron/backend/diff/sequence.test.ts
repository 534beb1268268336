import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchSequences } from './sequence.ts';

const match = (a: readonly number[], b: readonly number[]) =>
  matchSequences(Int32Array.from(a), Int32Array.from(b), { aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length });

test('matches are equal and rise on both sides, and something common is always found', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 40 }), fc.array(fc.nat(3), { maxLength: 40 }), (a, b) => {
      const matches = match(a, b);
      for (const [at, pair] of matches.entries()) {
        expect(a[pair.a]).toBe(b[pair.b]);
        const before = matches[at - 1];
        if (before) expect(before.a < pair.a && before.b < pair.b).toBe(true);
      }
      expect(matches.length > 0).toBe(a.some((key) => b.includes(key)));
    }),
    { numRuns: 300 },
  );
});

test('an insertion among unique elements costs nothing else', () => {
  expect(match([1, 2, 3, 4], [1, 9, 2, 3, 4]).map(({ a, b }) => [a, b])).toEqual([
    [0, 0],
    [1, 2],
    [2, 3],
    [3, 4],
  ]);
});

test('a loop of equal steps with one more turn matches all turns', () => {
  const turn = [1, 2, 3];
  const loop = (turns: number) => Array.from({ length: turns }, () => turn).flat();
  expect(match(loop(30), loop(31))).toHaveLength(90);
});

test('a negative key equals nothing, also not itself', () => {
  expect(match([-1, 5, -1], [-1, 5, -1])).toEqual([{ a: 1, b: 1 }]);
});
