import { afterEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../backend.testing.ts';
import { joinFunctions } from '../base/functions.ts';
import { compareFunctions } from '../diff/compare-functions.ts';
import { libraryQueries } from '../library/queries/queries.ts';
import { readFunctions } from '../read/read-functions.ts';
import type { ComposedFunctions } from './functions-worker.testing.ts';
import type { ReadFunctions } from './read-functions.ts';
import { createThread, workerEntry } from './thread.ts';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

test('a function that stands in a map is called through the thread by its name, without another line', async () => {
  const thread = createThread<ComposedFunctions, Record<string, never>>({
    name: 'testing',
    entry: workerEntry('functions-worker.testing', import.meta.url),
    workerData: () => undefined,
    events: {},
  });
  close = () => thread.close();
  expect(await thread.call().plus(3)).toBe(5);
  expect(await thread.call().spelled(['none', 'one', 'two'])).toBe('two');
});

test('the thread that reads offers every function of the library, of reading and of comparing', async () => {
  const directory = await temporaryDirectory();
  const thread = createThread<ReadFunctions, Record<string, never>>({
    name: 'read',
    entry: workerEntry('read-worker', import.meta.url),
    workerData: () => ({ directory: directory.path }),
    events: {},
  });
  close = async () => {
    await thread.close();
    await directory.remove();
  };
  const call = (method: string): Promise<unknown> => thread.call().$callRaw({ method, args: [] }) as Promise<unknown>;
  await expect(call('noSuchFunction')).rejects.toThrow('noSuchFunction');
  for (const name of Object.keys({ ...libraryQueries, ...readFunctions, ...compareFunctions })) {
    // Without arguments most of them fail, as themselves.
    const fault: unknown = await call(name).catch((error: unknown) => error);
    expect(String(fault)).not.toContain(name);
  }
  expect(await thread.call().find('')).toEqual([]);
  expect(await thread.call().figures()).toMatchObject({ runs: 0, steps: 0 });
});

test('two functions of one name are a fault at the start: one would hide the other', () => {
  expect(() => joinFunctions({ list: () => 1 }, { list: () => 2 })).toThrow('list');
});
