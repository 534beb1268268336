import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

/** What may be copied before it takes longer than a take is worth. */
export interface CopyBounds {
  readonly files: number;
  readonly bytes: number;
}

/** Over the bounds. Nothing was copied. */
export class FolderTooLarge extends Error {
  override readonly name = 'FolderTooLarge';
}

/** One file or link of a folder, its path relative to it. */
export interface FolderEntry {
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly size: number;
  readonly modifiedMs: number;
  readonly mode: number;
}

/** Files and links below a folder, in order; links are not followed, sockets and devices are left out. Throws FolderTooLarge. */
export async function listFolder(
  root: string,
  bounds: CopyBounds,
  leaveOut: (path: string) => boolean,
): Promise<readonly FolderEntry[]> {
  const entries: FolderEntry[] = [];
  let bytes = 0;
  const waiting = [''];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const item of (await readdir(join(root, folder), { withFileTypes: true })).toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      const path = folder === '' ? item.name : join(folder, item.name);
      if (leaveOut(path)) continue;
      if (item.isDirectory()) {
        waiting.push(path);
        continue;
      }
      if (!item.isFile() && !item.isSymbolicLink()) continue;
      const { size, mtimeMs, mode } = await lstat(join(root, path));
      bytes += size;
      entries.push({ path, kind: item.isFile() ? 'file' : 'link', size, modifiedMs: mtimeMs, mode });
      if (entries.length > bounds.files || bytes > bounds.bytes)
        throw new FolderTooLarge(
          `${root} holds more than ${bounds.files.toLocaleString('en')} files or ${Math.round(bounds.bytes / 1024 / 1024).toLocaleString('en')} MB.`,
        );
    }
  }
  return entries;
}

/** Copies what is listed, as clones of the same blocks where the file system can. */
export async function copyEntries(
  entries: readonly Pick<FolderEntry, 'path'>[],
  from: string,
  to: string,
): Promise<void> {
  const made = new Set<string>();
  for (const { path } of entries) {
    const target = join(to, path);
    const folder = dirname(target);
    if (!made.has(folder)) {
      await mkdir(folder, { recursive: true });
      made.add(folder);
    }
    const source = join(from, path);
    const stats = await lstat(source).catch(() => undefined);
    if (stats?.isSymbolicLink()) await symlink(linkTarget(await readlink(source), from, to), target);
    else if (stats?.isFile()) await copyFile(source, target, constants.COPYFILE_FICLONE);
  }
}

/** A link into the copied folder by its whole path would lead back to the original. */
function linkTarget(target: string, from: string, to: string): string {
  if (!isAbsolute(target)) return target;
  const inside = relative(from, target);
  return inside === '' || (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
    ? join(to, inside)
    : target;
}
