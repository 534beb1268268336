import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { wordsOf } from '../../../shared/words-of.ts';

/** A path that the user named, or a file found in a folder that they named. */
export interface FoundFile {
  /** As it is shown: a name that is no UTF-8 has signs in it that stand for others. */
  readonly path: string;
  /** Where `path` does not lead to it. */
  readonly location?: Buffer;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** The named folder it was found in; undefined when the file itself was named. */
  readonly folder: string | undefined;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** What could not be looked at, and why. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

const maximumFiles = 100_000;
const maximumDepth = 32;
/** Never hold traces, and can hold a hundred thousand files. */
const foldersToPass = new Set(['node_modules', '.git']);

/**
 * Files below the named paths, folders in name order. A symlink inside a folder is followed only to a place inside the
 * same folder; the bounds end a walk with a problem, never silently.
 */
export async function findFiles(paths: readonly string[], signal: AbortSignal | undefined): Promise<FoundFiles> {
  const files: FoundFile[] = [];
  const problems: { readonly path: string; readonly reason: string }[] = [];
  const seen = new Set<string>();

  async function walk(folder: Buffer, root: string, realRoot: Buffer, depth: number): Promise<void> {
    if (depth > maximumDepth) {
      problems.push({
        path: folder.toString(),
        reason: `Folders are read to a depth of ${maximumDepth}; this one lies deeper and was left out.`,
      });
      return;
    }
    const entries = (await readdir(folder, { withFileTypes: true, encoding: 'buffer' })).toSorted((a, b) =>
      Buffer.compare(a.name, b.name),
    );
    for (const entry of entries) {
      signal?.throwIfAborted();
      const location = Buffer.concat([folder, separator, entry.name]);
      const path = location.toString();
      try {
        // Only a link may lead elsewhere.
        const real = entry.isSymbolicLink() ? await realpath(location, 'buffer') : location;
        if (entry.isSymbolicLink() && !isWithin(real, realRoot)) {
          problems.push({ path, reason: 'A link that leads out of the folder; it was not followed.' });
          continue;
        }
        const found = await lstat(real);
        const { dev, ino } = await lstat(real, { bigint: true });
        const key = `${dev} ${ino}`;
        if (seen.has(key)) continue;
        if (found.isDirectory()) {
          if (foldersToPass.has(entry.name.toString())) continue;
          seen.add(key);
          await walk(location, root, realRoot, depth + 1);
        } else if (found.isFile()) {
          if (files.length >= maximumFiles) {
            problems.push({
              path: root,
              reason: `The folder holds more than ${maximumFiles} files; those from ${path} on were left out. Import its subfolders one by one.`,
            });
            return;
          }
          seen.add(key);
          const isText = Buffer.from(path).equals(location);
          files.push({
            path,
            bytes: found.size,
            modifiedMs: found.mtimeMs,
            folder: root,
            ...(isText ? {} : { location }),
          });
        }
      } catch (error) {
        signal?.throwIfAborted();
        problems.push({ path, reason: reasonOf(error) });
      }
    }
  }

  for (const named of paths) {
    const path = resolve(named);
    try {
      const found = await stat(path);
      if (found.isDirectory()) {
        // A link inside that leads back to it is no other folder.
        const { dev, ino } = await stat(path, { bigint: true });
        seen.add(`${dev} ${ino}`);
        await walk(Buffer.from(path), path, await realpath(path, 'buffer'), 0);
      } else if (found.isFile()) {
        files.push({ path, bytes: found.size, modifiedMs: found.mtimeMs, folder: undefined });
      } else {
        problems.push({ path, reason: 'Neither a file nor a folder.' });
      }
    } catch (error) {
      signal?.throwIfAborted();
      problems.push({ path, reason: reasonOf(error) });
    }
  }
  return { files, problems };
}

const separator = Buffer.from(sep);

function isWithin(path: Buffer, folder: Buffer): boolean {
  const inside = Buffer.concat([folder, separator]);
  return path.equals(folder) || path.subarray(0, inside.length).equals(inside);
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'There is no such file or folder.';
    case 'EACCES':
    case 'EPERM':
      return 'Reading it is not permitted.';
    default:
      return wordsOf(error);
  }
}
