import { expect, test } from 'vitest';
import type { TakeNode } from '../../../../../shared/model/take-tree.ts';
import { changeText, forkWords, pathTo, takeRows } from './take-tree-rows.ts';

function take(number: number, parent: number | undefined, more: Partial<TakeNode> = {}): TakeNode {
  return {
    runId: `run ${number}`,
    number,
    name: 'agent',
    startedAt: number,
    steps: 9,
    errors: 0,
    models: [],
    unpricedCalls: 0,
    changes: [],
    outcome: 'ok',
    parentKnown: parent !== undefined,
    ...(parent === undefined ? {} : { parentRunId: `run ${parent}`, forkStep: 5 }),
    ...more,
  };
}

const shown = (rows: ReturnType<typeof takeRows>) =>
  rows.map(({ take: { number }, level, expanded, place, siblings }) => [number, level, expanded, place, siblings]);

test('takes of one run stand side by side, takes of takes below theirs, oldest first', () => {
  const takes = [take(1, undefined), take(2, 1), take(3, 1), take(4, 2), take(5, 1), take(6, 4)];
  expect(shown(takeRows({ takes }))).toEqual([
    [1, 1, true, 1, 1],
    [2, 2, true, 1, 3],
    [4, 3, true, 1, 1],
    [6, 4, undefined, 1, 1],
    [3, 2, undefined, 2, 3],
    [5, 2, undefined, 3, 3],
  ]);
  expect(shown(takeRows({ takes }, new Set(['run 2'])))).toEqual([
    [1, 1, true, 1, 1],
    [2, 2, false, 1, 3],
    [3, 2, undefined, 2, 3],
    [5, 2, undefined, 3, 3],
  ]);
  expect(pathTo({ takes }, 'run 6').map(({ number }) => number)).toEqual([1, 2, 4, 6]);
  expect(pathTo({ takes }, 'run 3').map(({ number }) => number)).toEqual([1, 3]);
  expect(pathTo({ takes }, 'elsewhere')).toEqual([]);
});

test('a take whose parent is not in the library stands at the top, and a circle ends', () => {
  expect(shown(takeRows({ takes: [take(1, 9, { parentKnown: false }), take(2, 1)] }))).toEqual([
    [1, 1, true, 1, 1],
    [2, 2, undefined, 1, 1],
  ]);
  const circle = [take(1, 2), take(2, 1)];
  expect(takeRows({ takes: circle })).toHaveLength(2);
  expect(pathTo({ takes: circle }, 'run 1').map(({ number }) => number)).toEqual([2, 1]);
});

test('where a take begins and what it changes, in words', () => {
  const takes = [
    take(1, undefined),
    take(2, 1, { changes: ['model a → b', 'instructions: +1 line'] }),
    take(3, 1, { forkStep: 9 }),
  ];
  expect(takes.map((one) => forkWords(one, { takes }))).toEqual([undefined, 'from step 5', 'after its last step']);
  expect(takes.map(changeText)).toEqual([
    'as it was recorded',
    'model a → b · instructions: +1 line',
    'nothing changed',
  ]);
});
