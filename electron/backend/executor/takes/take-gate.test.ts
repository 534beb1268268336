import { expect, test } from 'vitest';
import type { Hold, HoldResolution } from '../../../../shared/model/take.ts';
import { nanos } from '../../../../shared/model/units.ts';
import { createPricer, packagedPricing } from '../../pricing/pricing.ts';
import type { LiveRequest } from '../executor.ts';
import { createCallEstimate } from './call-estimate.ts';
import { createTakeGate } from './take-gate.ts';

/** $1 for a million tokens in, $2 out. */
const pricer = createPricer({ ...packagedPricing, overrides: [{ model: 'paid', input: 1, output: 2 }] });

function gateOf(usd: number, attended = true) {
  const asked: Omit<Hold, 'id' | 'since'>[] = [];
  const answers: ((resolution: HoldResolution) => void)[] = [];
  const gate = createTakeGate({
    budget: { usd },
    attended,
    ask(hold) {
      asked.push(hold);
      const { promise, resolve } = Promise.withResolvers<HoldResolution>();
      answers.push(resolve);
      return promise;
    },
    release: () => 0,
    changed: () => undefined,
    breaks: { before: async () => ({ wasHeld: false }) },
    estimate: createCallEstimate({
      price: (request) => pricer.price(request),
      now: () => nanos(1_780_000_000_000_000_000n),
    }),
  });
  return { gate, asked, answers };
}

const call = (seq: number, model: string, characters: number, longestAnswer?: number): LiveRequest => ({
  seq,
  request: '{}',
  look: () => ({
    facts: { model, called: [], offered: [], characters, texts: [], longestAnswer },
    items: () => [],
    tools: 0,
  }),
});

/** Until nothing more happens by itself. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('of 32 calls at once none passes the budget; the others go on when it is raised', async () => {
  // Each may cost 20,000 characters / 2 × $1 + 5,000 × $2 = $0.02 at most, and costs $0.012: of $0.10 five may be under way.
  const { gate, asked, answers } = gateOf(0.1);
  const sent: number[] = [];
  let money = 0;
  const calls = Array.from({ length: 32 }, (_, seq) =>
    gate.beforeLive(call(seq, 'paid', 20_000, 5_000)).then((refused) => {
      expect(refused).toBeUndefined();
      sent.push(seq);
    }),
  );
  const answer = (seq: number) => {
    money += 0.012;
    gate.spend(0.012, 'paid');
    gate.ended(seq);
  };
  await settled();
  expect([sent.length, asked.length]).toEqual([5, 0]);
  for (let next = 0; next < sent.length; next++) {
    answer(sent[next] ?? -1);
    await settled();
    expect(money).toBeLessThanOrEqual(0.1);
  }
  // 7 × $0.012 are spent; one more may cost $0.02, which $0.10 do not hold.
  expect(sent).toHaveLength(7);
  expect(new Set(asked.map(({ title }) => title)).size).toBe(1);
  expect(asked[0]).toMatchObject({ kind: 'budget', actions: ['raise', 'stop'], budget: { limit: 'usd', of: 0.1 } });
  expect(asked[0]?.title).toContain('the call may cost up to $0.0200, and $0.0840 of its budget of $0.1 are spent');

  for (const resolve of answers) resolve({ action: 'raise', limit: 1 });
  await settled();
  expect(sent).toHaveLength(32);
  await Promise.all(calls);
});

test('a model that has cost nothing is not held for what its namesake is sold at; one without a price is asked for', async () => {
  const { gate, asked, answers } = gateOf(0.03);
  // Up to $0.02 by the price of that name: the first call fits, and turns out to be of a model on this machine.
  expect(await gate.beforeLive(call(0, 'paid', 20_000, 5_000))).toBeUndefined();
  gate.spend(0, 'paid');
  gate.ended(0);
  for (let seq = 1; seq <= 8; seq++)
    expect(await gate.beforeLive(call(seq, 'paid', 2_000_000, 50_000))).toBeUndefined();
  expect(await gate.beforeLive(call(9, 'nobody knows it', 100))).toBeUndefined();
  gate.spend(undefined, 'nobody knows it');
  gate.ended(9);
  const waits = gate.beforeLive(call(10, 'nobody knows it', 100));
  await settled();
  expect(asked.map(({ title }) => title)).toEqual([
    'The agent wants to make another live call, but it has a budget, and a live call has no known price.',
  ]);
  answers[0]?.({ action: 'stop' });
  expect(await waits).toContain('Nothing was sent to the model');
});

test('what a call may cost follows what the run has counted, and nobody waits after the take has ended', async () => {
  const { gate, asked } = gateOf(0.02, false);
  expect(await gate.beforeLive(call(0, 'paid', 8_000, 1_000))).toBeUndefined();
  // 4 characters for a token in this run: the next one may cost half of what was reserved before anything was counted.
  gate.measured({ characters: 8_000, inputTokens: 2_000 });
  gate.spend(0.003, 'paid');
  gate.ended(0);
  expect(await gate.beforeLive(call(1, 'paid', 40_000, 1_000))).toBeUndefined();
  const waits = gate.beforeLive(call(2, 'paid', 40_000, 1_000));
  await settled();
  gate.close();
  expect(await waits).toContain('it ended while this call waited for others');
  expect(asked).toEqual([]);
});
