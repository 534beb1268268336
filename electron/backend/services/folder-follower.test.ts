import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually, temporaryDirectory } from '../backend.testing.ts';
import type { TemporaryDirectory } from '../backend.testing.ts';
import { followFolder } from './folder-follower.ts';
import type { FolderFollower } from './folder-follower.ts';

let directory: TemporaryDirectory;
let follower: FolderFollower | undefined;
const read: string[] = [];

beforeEach(async () => {
  directory = await temporaryDirectory();
  read.length = 0;
});
afterEach(async () => {
  await follower?.close();
  follower = undefined;
  await directory.remove();
});

function old(path: string): string {
  writeFileSync(path, 'a line\n');
  utimesSync(path, 1_700_000_000, 1_700_000_000);
  return path;
}

const follow = (folder: string, fails: () => boolean = () => false): FolderFollower =>
  followFolder(folder, {
    settleMs: 20,
    lookMs: 200,
    read: (path) => {
      read.push(path);
      return fails() ? Promise.reject(new Error('busy')) : Promise.resolve(true);
    },
  });

const until = (isSo: () => boolean, what: string): Promise<true> =>
  eventually(() => Promise.resolve(isSo() ? true : undefined), what, 60_000);

test('what lies there is left alone; what grows, is new, or lies in a new folder is read', async () => {
  const [quiet, growing] = [old(join(directory.path, 'quiet.jsonl')), old(join(directory.path, 'growing.jsonl'))];
  const going = join(directory.path, 'going-on.jsonl');
  writeFileSync(going, 'now\n');
  follower = follow(directory.path);
  await until(() => read.includes(going), 'the session that goes on');
  appendFileSync(growing, 'more\n');
  await until(() => read.includes(growing), 'the file that grew');
  const inside = join(directory.path, 'project', 'new.jsonl');
  mkdirSync(join(directory.path, 'project'));
  writeFileSync(inside, 'new\n');
  await until(() => read.includes(inside), 'the new file in a new folder');
  expect(read).not.toContain(quiet);
  expect(follower.problem).toBeUndefined();
});

test('a file that cannot be read now is tried again; a folder that is not there is said, and followed when it comes', async () => {
  const folder = join(directory.path, 'later');
  let failures = 1;
  follower = follow(folder, () => failures-- > 0);
  await until(() => follower?.problem?.startsWith('It cannot be read') === true, 'the problem');
  mkdirSync(folder);
  const path = join(folder, 'a.jsonl');
  writeFileSync(path, 'line\n');
  await until(() => read.filter((one) => one === path).length >= 2, 'the second try');
  await until(() => follower?.problem === undefined, 'the end of the problem');
});
