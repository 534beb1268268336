import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { libraryFile } from '../library-files.ts';
import { readLog, readLogIndex } from './write-ahead-log.ts';
import type { LogContent, LogIndex } from './write-ahead-log.ts';

/**
 * What was there before and is not any more, looked for before SQLite opens the library: SQLite drops a damaged or missing log, and begins an
 * empty library in the place of one that is gone, without a word. Undefined where nothing is missed. What SQLite would drop is copied aside.
 *
 * Only before any thread of this process has opened the library. The log's index is read like a file, and a process that closes a file loses
 * its locks on it, also those of SQLite in another thread (sqlite.org/howtocorrupt.html, 2.2): the next process that opens the library
 * would take it for left behind and empty the index under those who have it mapped. They ended by SIGBUS.
 */
export function openingNotice(directory: string): string | undefined {
  const file = libraryFile(directory);
  const log = `${file}-wal`;
  // In this order: a library that another thread begins just now has its file before its log.
  const left = leftBehind(directory, file);
  const isGone = sizeOf(log) === 0;
  const index = readLogIndex(`${file}-shm`);
  if (sizeOf(file) === 0) return ofMissingLibrary({ directory, file, log: isGone ? undefined : log, left });
  const content = isGone ? undefined : readLog(log);
  const lost = lostPages(content, index);
  // An index that changes meanwhile is that of a process which writes: nothing is missed.
  if (lost === 0 || index?.state !== readLogIndex(`${file}-shm`)?.state) return undefined;
  if (isGone)
    return `The write-ahead log of ${file} was removed after Retake had ended abruptly: the last ${pages(lost)} that had been written are gone with it. Everything before them is here. Files that were imported last can be imported again; put ${basename(log)} back beside it, with Retake closed, where you have it.`;
  const kept = copyAside(directory, [log]);
  return `The write-ahead log of ${file} is damaged or was cut: the last ${pages(lost)} that had been written cannot be read. Everything before them is here.${kept === undefined ? '' : ` The log was copied to ${kept}.`} Files that were imported last can be imported again.`;
}

/** A page is some KB: how many runs they hold is not known. */
const pages = (count: number): string => (count === 1 ? 'page' : `${count} pages`);

/** The index that a killed process left knows exactly; without it a frame that ends a transaction after one that is damaged tells. */
function lostPages(content: LogContent | undefined, index: LogIndex | undefined): number {
  const taken = content?.taken ?? 0;
  if (index !== undefined && (content === undefined || content.salt !== index.salt))
    return Math.max(0, index.committed - index.folded);
  if (index !== undefined) return Math.max(0, index.committed - Math.max(taken, index.folded));
  return content !== undefined && content.lastCommit > taken + 1 ? content.lastCommit - taken : 0;
}

function ofMissingLibrary(found: {
  readonly directory: string;
  readonly file: string;
  readonly log: string | undefined;
  readonly left: string | undefined;
}): string | undefined {
  const { directory, file, log, left } = found;
  if (left === undefined) return undefined;
  const kept = log === undefined ? undefined : copyAside(directory, [log]);
  return `${file} ${existsSync(file) ? 'is empty' : 'is not there'}, but ${left} of an earlier library is: its file was removed or emptied. A new, empty one has been begun.${kept === undefined ? '' : ` The log was copied to ${kept}.`} Where you have the file still, or a backup, close Retake and put it back.`;
}

/** What only stands beside a library: its log, or the database of a follower. */
function leftBehind(directory: string, file: string): string | undefined {
  const own = [`${file}-wal`, `${file}-shm`].find((name) => sizeOf(name) > 0);
  if (own !== undefined) return basename(own);
  try {
    return readdirSync(directory).find(
      (name) => name.endsWith('.db') && name !== basename(file) && sizeOf(join(directory, name)) > 0,
    );
  } catch {
    return undefined;
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Copies files into a new folder of the library; undefined where that cannot be done. */
function copyAside(directory: string, files: readonly string[]): string | undefined {
  const folder = asideFolder(directory);
  try {
    mkdirSync(folder, { mode: 0o700 });
    for (const file of files) copyFileSync(file, join(folder, basename(file)));
    return folder;
  } catch {
    return undefined;
  }
}

/** A folder for what is taken out of the library's way, named by the time; not made yet. */
export function asideFolder(directory: string): string {
  const time = new Date().toISOString().replace(/\..*/, '').replaceAll(':', '-');
  for (let number = 1; ; number++) {
    const folder = join(directory, `set-aside-${time}${number === 1 ? '' : `-${number}`}`);
    if (!existsSync(folder)) return folder;
  }
}
