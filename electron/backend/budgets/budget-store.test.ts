import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../backend.testing.ts';
import { openBudgetStore } from './budget-store.ts';

const budget = (id: string, usd: number) => ({ id, usd, action: 'hold' as const });

test('what is changed at once is all kept, for this user only, and read by another process', async () => {
  const directory = await temporaryDirectory();
  try {
    const library = join(directory.path, 'library');
    const store = openBudgetStore(library);
    expect(await store.read()).toEqual({ version: 1, budgets: [], today: [] });
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        store.change((file) => ({ ...file, budgets: [...file.budgets, budget(String(at), at)] })),
      ),
    );
    const other = openBudgetStore(library);
    expect((await other.read()).budgets.map(({ usd }) => usd)).toEqual(Array.from({ length: 20 }, (_, at) => at));
    await other.change((file) => ({ ...file, budgets: [budget('only', 7)] }));
    expect((await store.read()).budgets).toEqual([budget('only', 7)]);
    expect(readdirSync(library)).toEqual(['budgets.json']);
    if (process.platform !== 'win32') expect(statSync(join(library, 'budgets.json')).mode & 0o777).toBe(0o600);
  } finally {
    await directory.remove();
  }
});

test('a file that its owner bent is refused with its path, never overwritten, and read again when it is mended', async () => {
  const directory = await temporaryDirectory();
  try {
    const path = join(directory.path, 'budgets.json');
    const store = openBudgetStore(directory.path);
    for (const [at, text] of [
      '{"version":1,"budgets":[',
      '{"version":1,"budgets":[{"id":"a","usd":-1,"action":"hold"}]}',
      '[]',
    ].entries()) {
      writeFileSync(path, text);
      utimesSync(path, at + 1, at + 1);
      await expect(store.read()).rejects.toThrow(`The budgets in ${path} cannot be read`);
      await expect(store.change((file) => file)).rejects.toThrow('no call that costs something goes through');
    }
    writeFileSync(path, JSON.stringify({ version: 1, budgets: [budget('a', 5)] }));
    expect((await store.read()).budgets).toEqual([budget('a', 5)]);
  } finally {
    await directory.remove();
  }
});
