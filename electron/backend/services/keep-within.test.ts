import { expect, test } from 'vitest';
import { keepWithin } from './keep-within.ts';

function asked(bytes: number, runs: number) {
  const calls: unknown[] = [];
  return {
    calls,
    read: { keptSize: () => Promise.resolve({ bytes, runs }) },
    write: () =>
      Promise.resolve({
        applyLimits: (...given: unknown[]) => Promise.resolve((calls.push(given), ['a'])),
      }),
  };
}

test('nothing is removed by itself unless the settings say so', async () => {
  const { calls, read, write } = asked(1_000_000_000, 100);
  expect(await keepWithin({}, read, write)).toEqual([]);
  expect(calls).toEqual([]);
});

test('a library that is too large loses as many of its oldest runs as the rest is too large by', async () => {
  const { calls, read, write } = asked(100_000_000, 200);
  expect(await keepWithin({ maximumBytes: 75_000_000, maximumAgeDays: 30 }, read, write)).toEqual(['a']);
  expect(calls).toEqual([[{ maximumAgeDays: 30 }, 50]]);
});

test('one that is not, loses none of them', async () => {
  const { calls, read, write } = asked(10_000_000, 200);
  await keepWithin({ maximumBytes: 75_000_000, maximumRuns: 10 }, read, write);
  expect(calls).toEqual([[{ maximumRuns: 10 }, 0]]);
});
