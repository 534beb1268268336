import { expect, test } from 'vitest';
import type { CostFigures } from '../../../shared/model/costs.ts';
import { nanos } from '../../../shared/model/units.ts';
import { createPricer, packagedPricing } from './pricer.ts';
import { whatIf } from './what-if.ts';
import type { RecordedSpend } from './what-if.ts';

const pricer = createPricer({
  ...packagedPricing,
  overrides: [
    { model: 'here', input: 10, output: 50, cacheRead: 1 },
    { model: 'there', input: 1, output: 5, cacheRead: 0.1 },
  ],
});
const at = nanos(1_780_000_000_000_000_000n);

const figures = (change: Partial<CostFigures>): CostFigures => ({
  attempts: 2,
  calls: 2,
  failed: 0,
  priced: 2,
  unpriced: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  reasoning: 0,
  costNanoUsd: 0,
  uncachedNanoUsd: 0,
  resent: 0,
  resentNanoUsd: 0,
  sparedNanoUsd: 0,
  durationMs: 0,
  ...change,
});

/** 2 calls, 1 M tokens in of which 600 k cached, 100 k out: 400 k × 10 + 600 k × 1 + 100 k × 50 = $9.60; uncached $15. */
const spend: RecordedSpend = {
  model: 'here',
  provider: 'openai',
  tier: '',
  figures: figures({
    input: 1_000_000,
    output: 100_000,
    cacheRead: 600_000,
    costNanoUsd: 9.6e9,
    uncachedNanoUsd: 15e9,
  }),
};

test('the recorded tokens at the price of another model, as a range with its reasons', () => {
  const { costNanoUsd, calls, options } = whatIf([spend], ['there'], pricer, at);
  const [model] = options;
  expect([costNanoUsd, calls]).toEqual([9.6e9, 2]);
  expect(model).toMatchObject({
    kind: 'model',
    model: 'there',
    // The recorded tokens; a quarter fewer and half of the answer; a third more with nothing cached and twice the answer.
    sameNanoUsd: 960_000_000,
    lowNanoUsd: 595_000_000,
    highNanoUsd: 2_350_000_000,
  });
  expect(model?.reasons).toHaveLength(3);
});

test('nothing cached is exact; batch and flex are half, down to what the cache gives', () => {
  const { options } = whatIf([spend], [], pricer, at);
  expect(options.map(({ kind, lowNanoUsd, highNanoUsd }) => [kind, lowNanoUsd / 1e9, highNanoUsd / 1e9])).toEqual([
    ['batch', 4.8, 7.5],
    ['flex', 4.8, 7.5],
    ['no-cache', 15, 15],
  ]);
});

test('who has no such tier, or is in it already, stays; calls without a price are counted', () => {
  const local = { ...spend, provider: 'groq', figures: figures({ costNanoUsd: 2e9, uncachedNanoUsd: 2e9 }) };
  const batched = { ...spend, tier: 'batch', figures: figures({ costNanoUsd: 1e9, uncachedNanoUsd: 1e9 }) };
  const unknown = { ...spend, figures: figures({ priced: 0, unpriced: 3 }) };
  const answer = whatIf([spend, local, batched, unknown], ['nobody knows it'], pricer, at);
  expect(answer).toMatchObject({ costNanoUsd: 12.6e9, unpriced: 3, withoutPrice: ['nobody knows it'] });
  expect(answer.options.find(({ kind }) => kind === 'batch')).toMatchObject({ lowNanoUsd: 7.8e9, highNanoUsd: 10.5e9 });
  expect(answer.options.find(({ kind }) => kind === 'batch')?.reasons.at(-1)).toContain('stay at what they cost');
  expect(whatIf([local], [], pricer, at).options).toEqual([]);
});
