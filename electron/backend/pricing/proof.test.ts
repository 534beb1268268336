import { expect, test } from 'vitest';
import type { WhatIf } from '../../../shared/model/costs.ts';
import { withProofs } from './proof.ts';
import type { MeasuredTake } from './proof.ts';

const answer: WhatIf = {
  costNanoUsd: 1_000,
  calls: 10,
  unpriced: 0,
  options: [
    { kind: 'model', model: 'there', sameNanoUsd: 100, lowNanoUsd: 50, highNanoUsd: 300, reasons: ['a reason'] },
    { kind: 'no-cache', sameNanoUsd: 2_000, lowNanoUsd: 2_000, highNanoUsd: 2_000, reasons: [] },
  ],
  withoutPrice: [],
};
const take = (runId: string, costNanoUsd: number, models = ['there']): MeasuredTake => ({
  runId,
  parentRunId: 'parent',
  models,
  costNanoUsd,
  insteadNanoUsd: 200,
});

test('from three takes on the range is theirs, before that it stands beside what was reckoned', () => {
  const [two] = withProofs(answer, [take('a', 20), take('b', 30)], undefined).options;
  expect(two).toMatchObject({
    lowNanoUsd: 50,
    highNanoUsd: 300,
    proof: { takes: ['a', 'b'], runs: 1, lowNanoUsd: 100, highNanoUsd: 150, insteadNanoUsd: 200 },
  });
  const proven = withProofs(answer, [take('a', 20), take('b', 30), take('c', 24)], { runId: 'p', name: 'one' });
  expect(proven.options[0]).toMatchObject({
    sameNanoUsd: 100,
    lowNanoUsd: 100,
    highNanoUsd: 150,
    proof: { takes: ['a', 'b', 'c'] },
  });
  expect(proven.options[1]).toEqual(answer.options[1]);
  expect(proven.provable).toEqual({ runId: 'p', name: 'one' });
});

test('a take of another model, or of several, proves nothing; a name with its date is the same model', () => {
  const others = [take('a', 1, ['elsewhere']), take('b', 1, ['there', 'elsewhere']), take('c', 1, ['there-too'])];
  expect(withProofs(answer, others, undefined).options[0]?.proof).toBeUndefined();
  const dated = [take('d', 20, ['there-2026-01-02']), take('e', 20, ['there-20260102'])];
  expect(withProofs(answer, dated, undefined).options[0]?.proof?.takes).toEqual(['d', 'e']);
});
