import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startScriptedModel } from '../../e2e/agents/scripted-model.ts';
import { cliBudgetsSchema } from '../../shared/cli-documents.ts';
import { temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';

/** `retake budgets` in processes of its own, and a recording that is held by what it set. */
const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
const agent = fileURLToPath(new URL('../../e2e/agents/many-calls-agent.ts', import.meta.url));
let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

async function run(...args: readonly string[]) {
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/_BASE_URL$|^OTEL_/.test(name)),
  );
  const child = spawn(process.execPath, [retake, ...args], {
    env: { ...environment, RETAKE_LIBRARY: join(directory.path, 'library'), TZ: 'Pacific/Auckland' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
  const [code] = await once(child, 'close');
  return { code: Number(code), ...texts };
}

const budgets = async () => cliBudgetsSchema.parse(JSON.parse((await run('budgets', '--json')).stdout));

test('budgets are listed, set, changed and removed; what looks mistyped needs a word more', async () => {
  expect(await run('budgets')).toMatchObject({ code: 0, stdout: expect.stringContaining('No budgets.') });
  const mistyped = await run('budgets', 'set', '0.000003', '--agent', 'shop');
  expect(mistyped).toMatchObject({ code: 1, stderr: expect.stringContaining('Is $0.000003 right?') });
  expect(mistyped.stderr).toContain('Nothing was kept. Add --yes if it is right.');
  expect(await run('budgets', 'set', '3000000')).toMatchObject({ code: 1 });
  expect(await run('budgets', 'set', 'five')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('such as 0.50'),
  });
  expect((await budgets()).budgets).toEqual([]);

  expect((await run('budgets', 'set', '5', '--agent', 'shop')).stdout).toMatch(
    /shop +holds +\$5 +\$0 +\$0 +\$5\.00 +0/,
  );
  await run('budgets', 'set', '2', '--agent', 'shop', '--notify');
  await run('budgets', 'set', '20');
  const changed = await run('budgets', 'set', '0.000003', '--agent', 'shop', '--yes', '--json');
  expect(cliBudgetsSchema.parse(JSON.parse(changed.stdout))).toMatchObject({
    zone: 'Pacific/Auckland',
    problem: null,
    budgets: [
      { agent: 'shop', action: 'hold', usd: 0.000_003, limitTodayUsd: 0.000_003, spentUsd: 0, isSpent: false },
      { agent: 'shop', action: 'notify', usd: 2 },
      { agent: null, action: 'hold', usd: 20, leftUsd: 20 },
    ],
  });
  expect(await run('budgets', 'remove', 'nothing')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('`retake budgets` lists them'),
  });
  await run('budgets', 'remove', 'shop');
  const [left, ...more] = (await budgets()).budgets;
  expect([left?.agent, more]).toEqual([null, []]);
  await run('budgets', 'remove', (left?.id ?? '').slice(0, 8));
  expect((await budgets()).budgets).toEqual([]);
});

test('a recording in a terminal that nobody answers is refused what would pass, and told of what is spent', async () => {
  const model = await startScriptedModel();
  try {
    const record = (count: number, name: string) =>
      run('run', '--name', name, '--upstream', model.url, '--', process.execPath, agent, String(count));
    await run('budgets', 'set', '0.004', '--agent', 'asker*');
    await run('budgets', 'set', '0.001', '--notify');
    const first = await record(8, 'asker-1');
    const answered = model.calls.length;
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(8);
    expect(first.stdout).toContain(`{"answered":${answered},"refused":${8 - answered},"left":0}`);
    expect(first.stderr).toContain('Set another budget with `retake budgets set`');
    const [own, all] = (await budgets()).budgets;
    expect(own?.spentUsd).toBeCloseTo(answered * 0.000_81, 9);
    expect(own).toMatchObject({ agent: 'asker*', isSpent: false, underWayUsd: 0, heldCalls: 0, notHeldUsd: 0 });
    expect(all).toMatchObject({ agent: null, action: 'notify', spentUsd: own?.spentUsd });

    // Under another name of the same pattern it is the same sum; raised, all of it goes on.
    expect((await record(8, 'asker-2')).stdout).toContain('"refused":');
    await run('budgets', 'set', '1', '--agent', 'asker*');
    const last = await record(8, 'asker-3');
    expect(last.stdout).toContain('{"answered":8,"refused":0,"left":0}');
    expect(last.stderr).toContain('of the budget of $0.001 a day for every agent are spent');
    expect((await budgets()).budgets[0]?.spentUsd).toBeCloseTo(model.calls.length * 0.000_81, 9);
  } finally {
    await model.close();
  }
});
