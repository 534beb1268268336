import { afterAll, beforeAll, expect, test } from 'vitest';
import { generateAgent } from './generate-agent.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { sabotages } from './sabotage.ts';
import type { Sabotage } from './sabotage.ts';
import { tryAgent } from './trial.ts';

let model: ModelServer;
beforeAll(async () => {
  model = await startModelServer();
});
afterAll(() => model.close());

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
