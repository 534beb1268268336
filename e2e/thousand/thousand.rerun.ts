import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateAgent } from './generate-agent.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { sabotages } from './sabotage.ts';
import type { Sabotage } from './sabotage.ts';
import { storyOf } from './story.ts';
import { createTally } from './tally.ts';
import { tryAgent } from './trial.ts';

let model: ModelServer;
beforeAll(async () => {
  model = await startModelServer();
});
afterAll(() => model.close());

/** Ten at a time, so that what fails is found by its number. */
const tens = Array.from({ length: 10 }, (_, index) => index * 10 + 1);

test.each(tens)('agents nobody wrote, seeds from %i: no lie', async (from) => {
  const tally = createTally();
  const stories: string[] = [];
  for (let seed = from; seed < from + 10; seed++) {
    const plan = generateAgent(String(seed));
    for (const run of await tryAgent(plan, model)) {
      tally.add(seed, run);
      if (run.verdicts.some(({ outcome }) => outcome === 'lie')) stories.push(storyOf(plan, run));
    }
  }
  expect(stories.join('\n')).toBe('');
  expect(tally.runs).toBeGreaterThan(20);
});

/** Seeds beyond the first hundred that found a lie: twins of the fork's conversation, words that were said twice, an opening taken for a reminder. */
const mended = [278, 313, 417, 514, 691, 709];

test.each(mended)('agents that found a fault, seed %i: no lie', async (seed) => {
  const plan = generateAgent(String(seed));
  const runs = await tryAgent(plan, model);
  expect(
    runs
      .filter(({ verdicts }) => verdicts.some(({ outcome }) => outcome === 'lie'))
      .map((run) => storyOf(plan, run))
      .join('\n'),
  ).toBe('');
  expect(runs.map(({ name }) => name)).toEqual(['replay', 'causal', 'live']);
});

test.each(Object.entries(sabotages) as readonly (readonly [string, Sabotage])[])(
  'the oracle sees what is wrong: %s',
  async (_name, { wraps, expected }) => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 40 && ![...seen].some((kind) => expected.test(kind)); seed++)
      for (const { verdicts } of await tryAgent(generateAgent(String(seed)), model, { sabotage: wraps }))
        for (const { outcome, kind } of verdicts) if (outcome === 'lie') seen.add(kind);
    expect([...seen].filter((kind) => expected.test(kind))).not.toEqual([]);
  },
);
