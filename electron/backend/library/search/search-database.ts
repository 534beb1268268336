import { existsSync, rmSync } from 'node:fs';
import { openReadable, openWritable, searchFile, typedError } from '../database.ts';
import type { ReadableDatabase, WritableDatabase } from '../database.ts';
import { LibraryDamaged } from '../library.ts';
import { migrate, migrationState } from '../migrations/migrate.ts';
import { searchMigrations } from '../migrations/search-0010-first-index.ts';
import { firstRow, sql } from '../sql.ts';

/** rowid of a span in `span_text`: 2^24 spans a run, 2^29 runs. */
export const spansPerRun = 2 ** 24;

/** Opens the index for writing. It can be made again from the library: a damaged one, or one of another library, starts anew. */
export function openSearchDatabase(directory: string, library: ReadableDatabase): WritableDatabase {
  const file = searchFile(directory);
  try {
    return openFor(file, libraryIdentity(library));
  } catch (error) {
    if (!(error instanceof LibraryDamaged)) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    return openFor(file, libraryIdentity(library));
  }
}

function openFor(file: string, library: number): WritableDatabase {
  const database = openWritable(file);
  try {
    database.pragma('synchronous = NORMAL');
    migrate(database, searchMigrations, file);
    if (readProgress(database, 'library_id') !== library) reset(database, library);
    return database;
  } catch (error) {
    database.close();
    throw typedError(error, file);
  }
}

/** The index as readers see it; undefined while there is none of this library. */
export function openSearchReader(directory: string, library: ReadableDatabase): ReadableDatabase | undefined {
  const file = searchFile(directory);
  if (!existsSync(file)) return undefined;
  const database = openReadable(file);
  try {
    if (
      migrationState(database, searchMigrations) === 'current' &&
      readProgress(database, 'library_id') === libraryIdentity(library)
    )
      return database;
  } catch (error) {
    database.close();
    if (typedError(error, file) instanceof LibraryDamaged) return undefined;
    throw typedError(error, file);
  }
  database.close();
  return undefined;
}

export type ProgressName = 'library_id' | 'content' | 'payload' | 'log' | 'revision' | 'joined';

export function readProgress(database: ReadableDatabase, name: ProgressName): number {
  return (
    firstRow<{ readonly value: number }>(database, sql`SELECT value FROM progress WHERE name = ${name}`)?.value ?? 0
  );
}

function reset(database: WritableDatabase, library: number): void {
  database
    .transaction(() => {
      for (const table of ['content_text', 'span_text', 'log_text', 'run_text'])
        database.exec(`INSERT INTO ${table} (${table}) VALUES ('delete-all')`);
      database.exec('DELETE FROM progress');
      database.prepare<[string, number]>('INSERT INTO progress (name, value) VALUES (?, ?)').run('library_id', library);
    })
    .immediate();
}

function libraryIdentity(library: ReadableDatabase): number {
  return (
    firstRow<{ readonly value: number }>(library, sql`SELECT value FROM counter WHERE name = 'library_id'`)?.value ?? 0
  );
}

/**
 * The user's words as an FTS5 query that finds all of them: every word is quoted, so that nothing in it is syntax;
 * "several words" in quotes stay together; the last word also finds what begins with it. Undefined when there is no word.
 */
export function ftsQuery(text: string): string | undefined {
  const terms = searchTerms(text);
  if (terms.length === 0) return undefined;
  const open = /[\p{L}\p{N}]$/u.test(text);
  return terms
    .map((term, index) => `"${term.replaceAll('"', '""')}"${open && index === terms.length - 1 ? '*' : ''}`)
    .join(' ');
}

/** Words and phrases that hold at least one letter or digit. */
export function searchTerms(text: string): readonly string[] {
  // FTS5 reads its query up to a NUL.
  return [...text.replaceAll('\0', ' ').matchAll(/"([^"]*)"|([^\s"]+)/g)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((term) => /[\p{L}\p{N}]/u.test(term));
}
