import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { eventually, temporaryDirectory } from '../backend.testing.ts';
import type { TemporaryDirectory } from '../backend.testing.ts';
import { openLibraryReader, openLibraryWriter } from '../library/open-library.ts';
import { searchRuns } from '../library/queries/search.ts';
import { putRun } from '../library/runs.testing.ts';
import type { FollowersEvents, FollowersFunctions } from './thread-functions.ts';
import { createThread, workerEntry } from './thread.ts';
import type { Thread } from './thread.ts';

let directory: TemporaryDirectory | undefined;
let thread: Thread<FollowersFunctions, FollowersEvents> | undefined;
let problems: (string | undefined)[] = [];

afterEach(async () => {
  await thread?.close();
  await directory?.remove();
});

async function start(): Promise<Thread<FollowersFunctions, FollowersEvents>> {
  problems = [];
  directory = await temporaryDirectory();
  const { path } = directory;
  const writer = openLibraryWriter({ directory: path });
  writer.transaction(() => putRun(writer, 1, { name: 'alpaca' }));
  writer.close();
  thread = createThread({
    name: 'followers',
    entry: workerEntry('followers-worker', import.meta.url),
    workerData: () => ({ directory: path }),
    events: { problem: (text) => void problems.push(text), kept: () => undefined },
  });
  return thread;
}

test('the thread follows when it is told to, is searched meanwhile, and makes anew what it keeps', async () => {
  const following = await start();
  const reader = openLibraryReader({ directory: directory?.path ?? '' });
  const search = () => searchRuns(reader, { query: 'alpaca', limit: 5, perRun: 5 });
  expect(search()).toMatchObject({ total: 1, indexing: true });
  const followed = () =>
    eventually(() => {
      const { runs, indexing } = search();
      return Promise.resolve(indexing ? undefined : runs.length);
    }, 'indexing');
  await following.call().follow();
  expect(await followed()).toBe(1);
  await following.call().rebuild('search');
  expect(await followed()).toBe(1);
  await expect(following.call().rebuild('nobody')).rejects.toThrow('There is no follower nobody');
  expect(problems).toEqual([]);
  reader.close();
});

test('it follows all there is at once when it is asked to', async () => {
  const following = await start();
  expect(await following.call().catchUp()).toBe(true);
  const reader = openLibraryReader({ directory: directory?.path ?? '' });
  expect(reader.contentSearch.isBehind()).toBe(false);
  reader.close();
});

test('what keeps a follower from following is said', async () => {
  const following = await start();
  mkdirSync(join(directory?.path ?? '', 'search.db'));
  await following.call().follow();
  expect(await eventually(() => Promise.resolve(problems.at(0)), 'the problem')).toContain('The text index is behind');
});
