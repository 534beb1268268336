import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, realpath, rm } from 'node:fs/promises';
import { devNull } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { wordsOf } from '../../../../shared/words-of.ts';
import { Refused } from '../../base/faults.ts';
import { copyEntries, FolderTooLarge, listFolder } from './folder-copy.ts';
import type { CopyBounds, FolderEntry } from './folder-copy.ts';

/**
 * A copy of the folder that a command runs in (FACTS.md, Tools on a re-run): the last commit, with what is changed and not yet committed, and what
 * is new and not ignored. The folder itself, its branch and its index stay as they are.
 */
export interface Workspace {
  /** Where the command runs: the same place in the copy. */
  readonly cwd: string;
  /** What the user should know of the copy: what is not in it. */
  readonly notes: readonly string[];
  /** Removes the copy, unless the take changed something in it: then it stays, and `kept` says where and what. */
  dispose(): Promise<{ readonly kept: string | undefined; readonly note: string | undefined }>;
}

/** The folder cannot be copied; the message says why and what to do instead. */
export class WorkspaceRefused extends Refused {
  override readonly name = 'WorkspaceRefused';
}

export interface WorkspaceOptions {
  /** Copies are made in here, each in a folder of its own. */
  readonly folder: string;
  readonly bounds?: CopyBounds;
}

const usualBounds: CopyBounds = { files: 20_000, bytes: 500 * 1024 * 1024 };
/** Of what a package manager made: ignored by git, and needed for the agent to start at all. */
const dependencyBounds: CopyBounds = { files: 100_000, bytes: 2 * 1024 * 1024 * 1024 };
const dependencyFolders = new Set(['node_modules', '.venv', 'venv']);
const namedAtMost = 10;
const gitPatienceMs = 120_000;
const run = promisify(execFile);

/** Copies the folder around `cwd`: the whole work tree where it is one, else `cwd` itself. Throws WorkspaceRefused. */
export async function prepareWorkspace(cwd: string, options: WorkspaceOptions): Promise<Workspace> {
  const real = await realpath(cwd).catch(() =>
    Promise.reject(new WorkspaceRefused(`${cwd} does not exist, so it cannot be copied.`)),
  );
  const place = join(options.folder, randomBytes(6).toString('hex'));
  const root = await gitRoot(real);
  await mkdir(place, { recursive: true });
  const folder = await realpath(place);
  const leaveOut = (path: string): boolean => isInside(join(root ?? real, path), options.folder);
  try {
    return root === undefined
      ? await plainCopy(real, folder, options, leaveOut)
      : await workTree(root, real, folder, options, leaveOut);
  } catch (error) {
    if (root !== undefined)
      await git(root, 'worktree', 'remove', '--force', join(folder, basename(root))).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
    if (error instanceof FolderTooLarge)
      throw new WorkspaceRefused(
        `${error.message} It is not copied. Run the take in the folder itself${root === undefined ? ', or put the folder under git' : ''}.`,
      );
    if (error instanceof WorkspaceRefused) throw error;
    throw new WorkspaceRefused(
      `${root ?? real} could not be copied: ${wordsOf(error)} Run the take in the folder itself.`,
    );
  }
}

/**
 * Texts that stand for the same place in a recording made in one of `folders` and in a take in another of them, or in a copy in
 * `copies`: matching looks past them.
 */
export async function placePatterns(
  folders: readonly string[],
  copies: string | undefined,
): Promise<readonly RegExp[]> {
  const names = new Set<string>();
  const copied = new Set<string>();
  const realCopies = copies === undefined ? undefined : await realpath(copies).catch(() => copies);
  for (const folder of folders) {
    const real = await realpath(folder).catch(() => folder);
    const root = (await gitRoot(real)) ?? real;
    for (const name of [root, folder === real ? root : outerRoot(folder, real, root)])
      if (name.length >= shortestPlace) names.add(escaped(name));
    for (const place of new Set([copies, realCopies]))
      if (place !== undefined) copied.add(`${escaped(place)}[/\\\\][0-9a-f]{12}[/\\\\]${escaped(basename(root))}`);
  }
  const all = [...copied, ...[...names].toSorted((a, b) => b.length - a.length)];
  return all.length === 0 ? [] : [new RegExp(all.join('|'), 'g')];
}

/** The root of the disk, or a name like it, stands in every path. */
const shortestPlace = 4;

/** The root by the name under which the user reaches it. */
function outerRoot(cwd: string, real: string, root: string): string {
  const below = relative(root, real);
  return below !== '' && cwd.endsWith(sep + below) ? cwd.slice(0, -below.length - 1) : cwd;
}

async function plainCopy(
  source: string,
  folder: string,
  { bounds = usualBounds }: WorkspaceOptions,
  leaveOut: (path: string) => boolean,
): Promise<Workspace> {
  const copy = join(folder, basename(source));
  const entries = await listFolder(source, bounds, leaveOut);
  await mkdir(copy, { recursive: true });
  await copyEntries(entries, source, copy);
  return workspaceOf(copy, copy, folder, [], () => Promise.resolve());
}

async function workTree(
  root: string,
  cwd: string,
  folder: string,
  { bounds = usualBounds }: WorkspaceOptions,
  leaveOut: (path: string) => boolean,
): Promise<Workspace> {
  const copy = join(folder, basename(root));
  if ((await git(root, 'rev-parse', '--verify', '--quiet', 'HEAD').catch(() => undefined)) === undefined) {
    const entries = await listFolder(
      root,
      bounds,
      (path) => leaveOut(path) || path === '.git' || dependencyFolders.has(basename(path)),
    );
    await mkdir(copy, { recursive: true });
    await copyEntries(entries, root, copy);
    return workspaceOf(
      copy,
      join(copy, relative(root, cwd)),
      folder,
      ['The folder has no commit yet: the copy is not a git work tree.'],
      () => Promise.resolve(),
    );
  }
  const changed = paths(
    await git(root, 'diff', '--name-only', '--no-renames', '--no-ext-diff', '--ignore-submodules=all', '-z', 'HEAD'),
  );
  const fresh = paths(await git(root, 'ls-files', '--others', '--exclude-standard', '-z')).filter(
    (path) => !leaveOut(path),
  );
  if (changed.length + fresh.length > bounds.files)
    throw new FolderTooLarge(
      `${root} has more than ${bounds.files.toLocaleString('en')} files that are not committed.`,
    );
  await git(root, 'worktree', 'add', '--detach', copy, 'HEAD');
  for (const path of changed) await rm(join(copy, path), { recursive: true, force: true });
  // A folder that is new and a repository of its own is listed with a slash: its files are copied as they are.
  const nested = fresh.filter((path) => path.endsWith('/'));
  await copyEntries(
    [...changed, ...fresh.filter((path) => !path.endsWith('/'))].map((path) => ({ path })),
    root,
    copy,
  );

  const notes: string[] = [];
  const modules = (await git(root, 'ls-files', '--stage', '-z'))
    .split('\0')
    .flatMap((line) => (line.startsWith('160000 ') ? [line.slice(line.indexOf('\t') + 1)] : []));
  for (const path of [...modules, ...nested]) {
    const source = join(root, path);
    if (!(await lstat(source).catch(() => undefined))?.isDirectory()) continue;
    // Its own .git points to a place that the copy does not have.
    const entries = await listFolder(source, bounds, (name) => name === '.git' || leaveOut(join(path, name)));
    await copyEntries(entries, source, join(copy, path));
    if (entries.length > 0) notes.push(`${path} is in the copy as plain files, without its own git.`);
  }
  const ignored = paths(await git(root, 'ls-files', '--others', '--ignored', '--exclude-standard', '--directory', '-z'))
    .map((path) => path.replace(/\/$/, ''))
    .filter((path) => !leaveOut(path));
  const missing: string[] = [];
  for (const path of ignored) {
    if (!dependencyFolders.has(basename(path)) || !(await copiedWithin(join(root, path), join(copy, path))))
      missing.push(path);
  }
  if (missing.length > 0)
    notes.push(
      `Not in the copy, because git ignores it: ${missing.slice(0, namedAtMost).join(', ')}${missing.length > namedAtMost ? ` and ${missing.length - namedAtMost} more` : ''}.`,
    );
  const head = await git(copy, 'rev-parse', 'HEAD');
  return workspaceOf(
    copy,
    join(copy, relative(root, cwd)),
    folder,
    notes,
    async () => {
      await git(root, 'worktree', 'remove', '--force', copy);
    },
    async () => ((await git(copy, 'rev-parse', 'HEAD').catch(() => head)) === head ? [] : ['new commits']),
  );
}

async function copiedWithin(source: string, target: string): Promise<boolean> {
  try {
    const entries = await listFolder(source, dependencyBounds, () => false);
    await copyEntries(entries, source, target);
    return true;
  } catch {
    await rm(target, { recursive: true, force: true });
    return false;
  }
}

async function workspaceOf(
  copy: string,
  cwd: string,
  folder: string,
  notes: readonly string[],
  unregister: () => Promise<void>,
  alsoChanged: () => Promise<readonly string[]> = () => Promise.resolve([]),
): Promise<Workspace> {
  await mkdir(cwd, { recursive: true });
  const wide: CopyBounds = { files: 1_000_000, bytes: Number.MAX_SAFE_INTEGER };
  const look = async (): Promise<ReadonlyMap<string, FolderEntry>> =>
    new Map(
      (await listFolder(copy, wide, (path) => path === '.git' || dependencyFolders.has(basename(path)))).map(
        (entry) => [entry.path, entry],
      ),
    );
  const before = await look();
  return {
    cwd,
    notes,
    async dispose() {
      const after = await look().catch(() => before);
      const names = [
        ...[...after.values()].filter((entry) => !isSame(before.get(entry.path), entry)).map(({ path }) => path),
        ...[...before.keys()].filter((path) => !after.has(path)).map((path) => `${path} (deleted)`),
        ...(await alsoChanged()),
      ];
      if (names.length > 0) {
        return {
          kept: copy,
          note: `The take changed its copy of the folder, which is kept in ${copy}: ${names.slice(0, namedAtMost).join(', ')}${names.length > namedAtMost ? ` and ${names.length - namedAtMost} more` : ''}.`,
        };
      }
      await unregister().catch(() => undefined);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      return { kept: undefined, note: undefined };
    },
  };
}

function isSame(before: FolderEntry | undefined, after: FolderEntry): boolean {
  return (
    before !== undefined &&
    before.size === after.size &&
    before.modifiedMs === after.modifiedMs &&
    before.mode === after.mode &&
    before.kind === after.kind
  );
}

async function gitRoot(cwd: string): Promise<string | undefined> {
  const found = await git(cwd, 'rev-parse', '--show-toplevel').catch(() => undefined);
  return found === undefined || found === '' ? undefined : realpath(found).catch(() => undefined);
}

/** Without hooks of the repository, without locks, without asking anybody. */
async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { GIT_DIR: _directory, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, ...environment } = process.env;
  const { stdout } = await run(
    'git',
    [
      '--no-optional-locks',
      '-c',
      `core.hooksPath=${devNull}`,
      '-c',
      'core.fsmonitor=false',
      '-c',
      'core.quotePath=false',
      ...args,
    ],
    {
      cwd,
      timeout: gitPatienceMs,
      maxBuffer: 256 * 1024 * 1024,
      env: { ...environment, GIT_TERMINAL_PROMPT: '0' },
    },
  );
  return args.includes('-z') ? stdout : stdout.trim();
}

function paths(output: string): readonly string[] {
  return output.split('\0').filter((path) => path !== '');
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
