import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupReport } from '../../../../shared/model/library-check.ts';
import { Refused } from '../../base/faults.ts';
import { openReadable, typedError } from '../database.ts';
import { libraryFile } from '../library-files.ts';

/**
 * The library as it is at one moment, into a folder that is a library itself: `--library` opens it, on this machine or another. It may be
 * written meanwhile. What follows the library is left out: it is made again. Throws Refused where the folder holds something already.
 */
export async function backUpLibrary(directory: string, to: string): Promise<BackupReport> {
  const file = libraryFile(to);
  const unfinished = `${file}.unfinished`;
  const source = libraryFile(directory);
  try {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    if (readdirSync(to).length > 0)
      throw new Refused(
        `${to} is not empty. Give a folder that is, or one that is not there yet: the backup is a library of its own.`,
      );
    const database = openReadable(source);
    try {
      // All pages in one step: between two, a writer would make it begin anew, again and again.
      await database.backup(unfinished, { progress: () => allPages });
    } finally {
      database.close();
    }
    chmodSync(unfinished, 0o600);
    const copy = openReadable(unfinished);
    try {
      const words = copy.pragma('quick_check(1)', { simple: true });
      if (words !== 'ok')
        throw new Refused(
          `The library is damaged (${String(words)}), and so is its copy: it was not kept. \`retake doctor --repair\` rebuilds what can be read.`,
        );
    } finally {
      copy.close();
      for (const suffix of ['-wal', '-shm']) rmSync(`${unfinished}${suffix}`, { force: true });
    }
    for (const name of besideLibrary) {
      const own = join(directory, name);
      if (!existsSync(own)) continue;
      copyFileSync(own, join(to, name));
      chmodSync(join(to, name), 0o600);
    }
    renameSync(unfinished, file);
    return { directory: to, bytes: statSync(file).size };
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error instanceof Refused ? error : typedError(error, join(to, 'library.db'));
  }
}

/** What the library is read with: opened without its own prices, the copy would be priced again by others. */
const besideLibrary = ['settings.json', 'prices.json', 'prices-before.json'];

const allPages = 2 ** 31 - 1;
