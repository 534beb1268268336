import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { eventually, temporaryDirectory } from '../backend.testing.ts';
import type { TemporaryDirectory } from '../backend.testing.ts';
import { openLibraryWriter } from '../library/open-library.ts';
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

test('the thread follows when it is told to, searches meanwhile, and makes anew what it keeps', async () => {
  const following = await start();
  const search = () => following.call().search('alpaca', { limit: 5 });
  expect(await search()).toEqual({ hits: [], indexing: true });
  const followed = () =>
    eventually(async () => {
      const { hits, indexing } = await search();
      return indexing ? undefined : hits.length;
    }, 'indexing');
  await following.call().follow();
  expect(await followed()).toBe(1);
  await following.call().rebuild('search');
  expect(await followed()).toBe(1);
  await expect(following.call().rebuild('nobody')).rejects.toThrow('There is no follower nobody');
  expect(problems).toEqual([]);
});

test('what keeps a follower from following is said', async () => {
  const following = await start();
  mkdirSync(join(directory?.path ?? '', 'search.db'));
  await following.call().follow();
  expect(await eventually(() => Promise.resolve(problems.at(0)), 'the problem')).toContain('The text index is behind');
});
