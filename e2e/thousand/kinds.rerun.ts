import { afterAll, beforeAll, expect, test } from 'vitest';
import { kindRows } from './kind-rows.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { storyOf } from './story.ts';
import { tryAgent } from './trial.ts';

let model: ModelServer;
beforeAll(async () => {
  model = await startModelServer();
});
afterAll(() => model.close());

/** Seeds that found a fault, beside the first two. */
const mended: Readonly<Record<string, readonly number[]>> = {
  'orders, trimmed': [6, 7],
  'orders, shortened': [6],
  'orders, summarised': [5, 6],
  'fan-out, order by tool': [12, 18],
  'fan-out, order by agent': [8],
};

/** What the benchmark's rows (`e2e/bench/rerun-kinds.ts`) say of twenty seeds each. */
test.each(kindRows)('$name: each call right, said, or held where nobody can know', async ({ name, make, choices }) => {
  const stories: string[] = [];
  let judged = 0;
  for (const seed of [1, 2, ...(mended[name] ?? [])]) {
    const plan = make(seed);
    for (const choice of choices)
      for (const run of await tryAgent(plan, model, choice)) {
        judged += run.verdicts.length;
        if (run.verdicts.some(({ outcome }) => outcome === 'lie' || outcome === 'held'))
          stories.push(storyOf(plan, run));
      }
  }
  expect(stories.join('\n')).toBe('');
  expect(judged).toBeGreaterThan(0);
});
