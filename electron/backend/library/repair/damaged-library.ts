import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { lockForWriting, openReadable, openWritable, pageSizes, typedError } from '../database.ts';
import { LibraryDamaged, LibraryFromFuture } from '../faults.ts';
import { libraryFile } from '../library-files.ts';
import { libraryMigrations } from '../migrations/library-migrations.ts';
import { migrate, migrationState } from '../migrations/migrate.ts';
import { asideFolder } from '../opening/opening-notice.ts';
import { readerOver } from '../reader.ts';
import type { LibraryReader } from '../reader.ts';

/**
 * Moves the library's files, and those of what follows it, into a folder of their own beside their place, and gives that folder. Nothing is
 * deleted. Throws LibraryLocked where another process writes it.
 */
export function setAside(directory: string): string {
  const unlock = lockForWriting(directory);
  try {
    refuseNewer(libraryFile(directory));
    const folder = asideFolder(directory);
    mkdirSync(folder, { mode: 0o700 });
    for (const name of readdirSync(directory))
      if (/\.db(?:-wal|-shm)?$/.test(name)) renameSync(join(directory, name), join(folder, name));
    return folder;
  } catch (error) {
    throw typedError(error, directory);
  } finally {
    unlock();
  }
}

/** Nothing is wrong with a library of a newer Retake. */
function refuseNewer(file: string): void {
  let state: ReturnType<typeof migrationState> | undefined;
  try {
    const database = openReadable(file);
    try {
      state = migrationState(database, libraryMigrations);
    } finally {
      database.close();
    }
  } catch {
    // It does not open: it is damaged.
  }
  if (state === 'future')
    throw new LibraryFromFuture(`${file} was written by a newer Retake, and is left as it is. Update Retake.`);
}

/**
 * A library that was set aside, for reading what can be read. Where it does not open as it is, a copy beside it is changed until it does: the
 * first hundred bytes are the same in every library, and tables may stand under a lower version. Throws LibraryDamaged where nothing helps.
 */
export function openDamaged(folder: string): LibraryReader {
  const file = libraryFile(folder);
  try {
    return opened(folder, file);
  } catch {
    return mended(folder, file, likelyPageSizes(file));
  }
}

function mended(folder: string, file: string, [pageBytes, ...others]: readonly number[]): LibraryReader {
  const copy = workingCopy(folder, file);
  mendHeader(copy, pageBytes ?? 0);
  try {
    return opened(folder, copy);
  } catch {
    try {
      bringUpToDate(copy);
      return opened(folder, copy);
    } catch (error) {
      if (others.length === 0) throw error;
      return mended(folder, file, others);
    }
  }
}

/** That which the header tells, where it is one that a library has; else each of them. */
function likelyPageSizes(file: string): readonly number[] {
  const handle = openSync(file, 'r');
  try {
    const there = Buffer.alloc(2);
    readSync(handle, there, 0, 2, pageSizeAt);
    const told = there.readUInt16BE();
    return pageSizes.includes(told) ? [told] : pageSizes;
  } finally {
    closeSync(handle);
  }
}

function opened(folder: string, file: string): LibraryReader {
  const database = openReadable(file);
  try {
    const state = migrationState(database, libraryMigrations);
    if (state !== 'current') throw new LibraryDamaged(`${file} is of another version.`);
    return readerOver({ directory: folder, file, database });
  } catch (error) {
    database.close();
    throw typedError(error, file);
  }
}

function workingCopy(folder: string, file: string): string {
  const copy = join(folder, 'mended.db');
  for (const suffix of ['', '-wal'])
    if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
  return copy;
}

/** What is the same in every library that Retake writes. Source: sqlite.org/fileformat.html, "The Database Header". */
const pageSizeAt = 16;
const headerParts = (pageBytes: number): readonly (readonly [number, Buffer])[] => [
  [0, Buffer.from('SQLite format 3\0', 'latin1')],
  // Page size; written and read with a write-ahead log; no reserved bytes; the three fractions.
  [pageSizeAt, Buffer.from([pageBytes >> 8, pageBytes & 255, 2, 2, 0, 64, 32, 32])],
  // Schema format 4.
  [44, Buffer.from([0, 0, 0, 4])],
  // UTF-8.
  [56, Buffer.from([0, 0, 0, 1])],
];

function mendHeader(file: string, pageBytes: number): void {
  const handle = openSync(file, 'r+');
  try {
    for (const [at, bytes] of headerParts(pageBytes)) {
      const there = Buffer.alloc(bytes.length);
      readSync(handle, there, 0, bytes.length, at);
      if (!there.equals(bytes)) writeSync(handle, bytes, 0, bytes.length, at);
    }
  } finally {
    closeSync(handle);
  }
}

/** An older library as it is meant to be; one whose tables are newer than its number says gets the number. */
function bringUpToDate(file: string): void {
  const database = openWritable(file);
  try {
    try {
      migrate(database, libraryMigrations, basename(file));
    } catch (error) {
      if (!(error instanceof LibraryDamaged)) throw error;
      database.pragma(`user_version = ${libraryMigrations.at(-1)?.version ?? 0}`);
    }
  } catch (error) {
    throw typedError(error, file);
  } finally {
    database.close();
  }
}
