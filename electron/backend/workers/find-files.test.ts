import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../backend.testing.ts';
import type { TemporaryDirectory } from '../backend.testing.ts';
import { findFiles } from './find-files.ts';

let folder: TemporaryDirectory;
beforeEach(async () => {
  folder = await temporaryDirectory();
});
afterEach(() => folder.remove());

test('files beside links and loops are found; a link that leads out is said', async () => {
  const root = join(folder.path, 'root');
  await mkdir(join(root, 'inner'), { recursive: true });
  await writeFile(join(folder.path, 'outside.jsonl'), '{}');
  await writeFile(join(root, 'a.jsonl'), '{}');
  await writeFile(join(root, 'inner', 'b.jsonl'), '{}');
  await symlink(root, join(root, 'inner', 'loop'));
  await symlink(join(root, 'a.jsonl'), join(root, 'again.jsonl'));
  await symlink(join(folder.path, 'outside.jsonl'), join(root, 'out.jsonl'));
  await symlink(join(root, 'gone'), join(root, 'dangling.jsonl'));
  const { files, problems } = await findFiles([root], undefined);
  expect(files.map(({ path }) => path)).toEqual([join(root, 'a.jsonl'), join(root, 'inner', 'b.jsonl')]);
  expect(problems.map(({ path }) => path)).toEqual([join(root, 'dangling.jsonl'), join(root, 'out.jsonl')]);
});

test.skipIf(process.platform !== 'linux')('a name that is no UTF-8 is found, and where it lies is known', async () => {
  const location = Buffer.concat([Buffer.from(`${folder.path}/caf`), Buffer.from([0xe9]), Buffer.from('.jsonl')]);
  await writeFile(location, '{}');
  const { files, problems } = await findFiles([folder.path], undefined);
  expect(problems).toEqual([]);
  expect(files).toMatchObject([
    { path: join(folder.path, 'caf\ufffd.jsonl'), bytes: 2, folder: folder.path, location },
  ]);
});
