import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { placePatterns, prepareWorkspace, WorkspaceRefused } from './workspace.ts';

/** With real git repositories: what is in the copy, and that the original does not change. */
let directory: TemporaryDirectory;
let folder: string;

beforeEach(async () => {
  directory = await temporaryDirectory();
  folder = join(directory.path, 'library', 'workspaces');
});
afterEach(() => directory.remove());

const git = (cwd: string, ...args: readonly string[]): string =>
  execFileSync(
    'git',
    [
      '-c',
      'user.name=t',
      '-c',
      'user.email=t@t',
      '-c',
      'protocol.file.allow=always',
      '-c',
      'commit.gpgsign=false',
      ...args,
    ],
    { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function repository(name = 'project'): string {
  const root = join(directory.path, name);
  mkdirSync(root);
  git(root, 'init', '-q', '-b', 'main');
  write(root, '.gitignore', 'node_modules\n.env\nbuild/\n');
  write(root, 'src/a.txt', 'committed');
  write(root, 'src/gone.txt', 'will be deleted');
  write(root, 'ümlaut ✓.txt', 'odd name');
  git(root, 'add', '.');
  git(root, 'commit', '-q', '-m', 'first');
  return realpathSync(root);
}

/** Everything that a copy must leave alone. */
const stateOf = (root: string): string =>
  [
    git(root, 'status', '--porcelain=v1', '-z'),
    git(root, 'rev-parse', 'HEAD'),
    git(root, 'branch', '-a'),
    git(root, 'stash', 'list'),
    readFileSync(join(root, '.git/HEAD'), 'utf8'),
    git(root, 'ls-files', '--stage'),
  ].join('|');

test('the copy holds the last commit with what is changed, new and deleted since; index, branch and files stay', async () => {
  const root = repository();
  write(root, '.git/hooks/post-checkout', `#!/bin/sh\ntouch '${join(directory.path, 'HOOK')}'\n`);
  chmodSync(join(root, '.git/hooks/post-checkout'), 0o755);
  write(root, 'src/a.txt', 'changed');
  rmSync(join(root, 'src/gone.txt'));
  write(root, 'staged.txt', 'staged');
  git(root, 'add', 'staged.txt');
  write(root, 'deep/new file\n.txt', 'new');
  write(root, 'run.sh', '#!/bin/sh\n');
  chmodSync(join(root, 'run.sh'), 0o755);
  symlinkSync(join(root, 'src/a.txt'), join(root, 'link'));
  write(root, '.env', 'SECRET=1');
  write(root, 'build/out.bin', 'built');
  write(root, 'node_modules/dependency/index.js', 'module');
  const before = stateOf(root);

  const workspace = await prepareWorkspace(join(root, 'src'), { folder });
  const copy = join(workspace.cwd, '..');
  const read = (path: string): string => readFileSync(join(copy, path), 'utf8');
  expect(workspace.cwd).toMatch(/workspaces\/[0-9a-f]{12}\/project\/src$/);
  expect([
    read('src/a.txt'),
    read('staged.txt'),
    read('deep/new file\n.txt'),
    read('ümlaut ✓.txt'),
    read('node_modules/dependency/index.js'),
  ]).toEqual(['changed', 'staged', 'new', 'odd name', 'module']);
  expect([
    existsSync(join(copy, 'src/gone.txt')),
    existsSync(join(copy, '.env')),
    existsSync(join(copy, 'build')),
  ]).toEqual([false, false, false]);
  expect(workspace.notes).toEqual(['Not in the copy, because git ignores it: .env, build.']);
  expect(statSync(join(copy, 'run.sh')).mode & 0o111).toBe(0o111);
  expect(realpathSync(join(copy, 'link'))).toBe(realpathSync(join(copy, 'src/a.txt')));
  expect(stateOf(root)).toBe(before);
  expect(existsSync(join(directory.path, 'HOOK'))).toBe(false);

  // Nothing changed: nothing is left, not even in the repository.
  expect(await workspace.dispose()).toEqual({ kept: undefined, note: undefined });
  expect([readdirSync(folder), git(root, 'worktree', 'list').trim().split('\n')]).toEqual([
    [],
    [expect.stringContaining('[main]')],
  ]);
  expect(stateOf(root)).toBe(before);
});

test('what the take changed is kept, and said', async () => {
  const root = repository();
  const workspace = await prepareWorkspace(root, { folder });
  write(workspace.cwd, 'src/a.txt', 'by the agent');
  rmSync(join(workspace.cwd, 'src/gone.txt'));
  write(workspace.cwd, 'made.txt', 'new');
  git(workspace.cwd, 'add', '.');
  git(workspace.cwd, 'commit', '-q', '-m', 'by the agent');
  const { kept, note } = await workspace.dispose();
  expect(kept).toBe(workspace.cwd);
  expect(note).toBe(
    `The take changed its copy of the folder, which is kept in ${workspace.cwd}: made.txt, src/a.txt, src/gone.txt (deleted), new commits.`,
  );
  expect([
    readFileSync(join(root, 'src/a.txt'), 'utf8'),
    existsSync(join(root, 'made.txt')),
    git(root, 'log', '--oneline').trim().split('\n').length,
  ]).toEqual(['committed', false, 1]);
});

test('submodules and repositories inside are plain files in the copy', async () => {
  const inner = repository('inner');
  const root = repository();
  git(root, 'submodule', '--quiet', 'add', inner, 'lib');
  git(root, 'commit', '-q', '-m', 'with a submodule');
  write(root, 'lib/src/a.txt', 'changed in the submodule');
  mkdirSync(join(root, 'other'));
  git(join(root, 'other'), 'init', '-q');
  write(root, 'other/file.txt', 'inside');
  const workspace = await prepareWorkspace(root, { folder });
  expect([
    readFileSync(join(workspace.cwd, 'lib/src/a.txt'), 'utf8'),
    readFileSync(join(workspace.cwd, 'other/file.txt'), 'utf8'),
    existsSync(join(workspace.cwd, 'lib/.git')),
  ]).toEqual(['changed in the submodule', 'inside', false]);
  expect(workspace.notes).toEqual([
    'lib is in the copy as plain files, without its own git.',
    'other/ is in the copy as plain files, without its own git.',
  ]);
  await workspace.dispose();
});

test('a folder without git is copied whole, links as links, or refused with the reason', async () => {
  const root = join(directory.path, 'plain');
  write(root, 'a/b.txt', 'text');
  symlinkSync('b.txt', join(root, 'a/relative'));
  symlinkSync('/etc/hostname', join(root, 'outside'));
  const workspace = await prepareWorkspace(root, { folder });
  expect([
    readFileSync(join(workspace.cwd, 'a/b.txt'), 'utf8'),
    readlinkSync(join(workspace.cwd, 'a/relative')),
    readlinkSync(join(workspace.cwd, 'outside')),
  ]).toEqual(['text', 'b.txt', '/etc/hostname']);
  expect(await workspace.dispose()).toEqual({ kept: undefined, note: undefined });
  for (let at = 0; at < 5; at++) write(root, `many/${at}`, '');
  await expect(prepareWorkspace(root, { folder, bounds: { files: 3, bytes: 1_000_000 } })).rejects.toThrow(
    new WorkspaceRefused(
      `${realpathSync(root)} holds more than 3 files or 1 MB. It is not copied. Run the take in the folder itself, or put the folder under git.`,
    ),
  );
  await expect(prepareWorkspace(join(root, 'nowhere'), { folder })).rejects.toThrow(/does not exist/);
  expect(readdirSync(folder)).toEqual([]);
});

test('a repository without a commit is copied as files; copies inside the folder are not copied again', async () => {
  const root = join(directory.path, 'fresh');
  mkdirSync(root);
  git(root, 'init', '-q');
  write(root, 'a.txt', 'text');
  const inside = join(root, 'library');
  const workspace = await prepareWorkspace(root, { folder: inside });
  expect([readdirSync(workspace.cwd), workspace.notes]).toEqual([
    ['a.txt'],
    ['The folder has no commit yet: the copy is not a git work tree.'],
  ]);
  await workspace.dispose();
});

test('the folder and its copy are the same place to the matching', async () => {
  const root = repository();
  const workspace = await prepareWorkspace(join(root, 'src'), { folder });
  const [pattern] = await placePatterns([join(root, 'src')], folder);
  const normal = (text: string): string => text.replace(pattern ?? /$^/, '<here>');
  expect(normal(`in ${workspace.cwd}/a.txt`)).toBe(normal(`in ${root}/src/a.txt`));
  expect(normal(`in ${root}/src/a.txt`)).toBe('in <here>/src/a.txt');
  expect(await placePatterns(['/'], undefined)).toEqual([]);
  await workspace.dispose();
});
