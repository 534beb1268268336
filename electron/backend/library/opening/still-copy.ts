import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { ReadableDatabase } from '../database.ts';

/**
 * A library where SQLite cannot put its index beside the file: a read-only folder, a full disk, another owner. What is there can be read all the
 * same, from memory or, where it is large or has a log, from a copy in the system's temporary folder. It shows the library as it was then:
 * `isCurrent` is false once its files are others.
 */
export interface StillCopy {
  readonly database: ReadableDatabase;
  isCurrent(): boolean;
  /** After the database was closed. */
  remove(): void;
}

const inMemoryBytes = 256 * 1024 * 1024;

/** Throws the system's error where there is no room for a copy either. */
export function openStillCopy(file: string): StillCopy {
  const state = stateOf(file);
  const log = `${file}-wal`;
  const hasLog = (statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0;
  if (!hasLog && statSync(file).size <= inMemoryBytes) {
    const bytes = readFileSync(file);
    // Read and written without a log, says the header: a database in memory has none. Source: sqlite.org/fileformat.html, offsets 18 and 19.
    bytes[18] = bytes[19] = 1;
    return {
      database: new Database(bytes, { readonly: true }),
      isCurrent: () => stateOf(file) === state,
      remove: () => undefined,
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'retake-reading-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    chmodSync(folder, 0o700);
    const copy = join(folder, 'library.db');
    copyFileSync(file, copy);
    if (existsSync(log)) copyFileSync(log, `${copy}-wal`);
    return {
      database: new Database(copy, { readonly: true, fileMustExist: true }),
      isCurrent: () => stateOf(file) === state,
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function stateOf(file: string): string {
  return [file, `${file}-wal`]
    .map((one) => statSync(one, { throwIfNoEntry: false }))
    .map((found) => (found ? `${found.ino} ${found.size} ${found.mtimeMs}` : ''))
    .join(', ');
}
