import { rmSync } from 'node:fs';
import { openReadable, openWritable, typedError } from '../database.ts';
import type { ReadableDatabase, WritableDatabase } from '../database.ts';
import { LibraryDamaged } from '../faults.ts';
import { fileNumber } from '../file-identity.ts';
import { followerFile } from '../library-files.ts';
import { allRows, firstRow, sql } from '../sql.ts';

/** The database of a follower. */
export interface KeptTables {
  /** Small letters and dashes: its file is `<id>.db` in the library's directory. */
  readonly id: string;
  /** From 1. Where another number is stored, all is made anew: raise it whenever the same library would give something else. */
  readonly version: number;
  /** SQL that makes its tables in an empty database. */
  readonly schema: string;
}

const progressTable = 'CREATE TABLE progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;';

/** Opens a follower's database for writing. One that is damaged, of another library or of another version starts anew. */
export function openFollowerDatabase(
  directory: string,
  follower: KeptTables,
  library: ReadableDatabase,
): WritableDatabase {
  const file = followerFile(directory, follower.id);
  try {
    return openFor(file, follower, library);
  } catch (error) {
    if (!(error instanceof LibraryDamaged)) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    return openFor(file, follower, library);
  }
}

function openFor(file: string, follower: KeptTables, library: ReadableDatabase): WritableDatabase {
  const database = openWritable(file);
  try {
    database.pragma('synchronous = NORMAL');
    if (!isCurrent(database, follower, library)) remake(database, follower, library);
    return database;
  } catch (error) {
    database.close();
    throw typedError(error, file);
  }
}

/** Empties it and makes its tables, in place and in one transaction: those who read it find the old or the new. */
export function remake(database: WritableDatabase, follower: KeptTables, library: ReadableDatabase): void {
  database
    .transaction(() => {
      const tables = allRows<{ readonly name: string }>(
        database,
        sql`SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
      );
      for (const { name } of tables) database.exec(`DROP TABLE "${name.replaceAll('"', '""')}"`);
      database.exec(`${progressTable}\n${follower.schema}`);
      writeProgress(database, 'library_id', libraryIdentity(library));
      database.pragma(`user_version = ${follower.version}`);
    })
    .immediate();
}

function isCurrent(database: ReadableDatabase, follower: KeptTables, library: ReadableDatabase): boolean {
  return (
    Number(database.pragma('user_version', { simple: true })) === follower.version &&
    firstRow(database, sql`SELECT 1 FROM sqlite_schema WHERE name = 'progress'`) !== undefined &&
    readProgress(database, 'library_id') === libraryIdentity(library)
  );
}

/** A number kept beside what a follower keeps: how far it has followed. 0 while there is none. */
export function readProgress(database: ReadableDatabase, name: string): number {
  return (
    firstRow<{ readonly value: number }>(database, sql`SELECT value FROM progress WHERE name = ${name}`)?.value ?? 0
  );
}

export function writeProgress(database: WritableDatabase, name: string, value: number): void {
  database
    .prepare<[string, number]>(
      'INSERT INTO progress (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
    .run(name, value);
}

function libraryIdentity(library: ReadableDatabase): number {
  return (
    firstRow<{ readonly value: number }>(library, sql`SELECT value FROM counter WHERE name = 'library_id'`)?.value ?? 0
  );
}

/** What the followers of a library keep, as others read it. */
export interface KeptReaders {
  /** Undefined while there is none of this library and version. Opened again when its file was deleted or made anew. */
  database(kept: KeptTables): ReadableDatabase | undefined;
  close(): void;
}

export function openKeptReaders(directory: string, library: ReadableDatabase): KeptReaders {
  const open = new Map<string, { readonly database: ReadableDatabase; readonly file: bigint }>();
  return {
    database(kept) {
      const file = followerFile(directory, kept.id);
      const now = fileNumber(file);
      const known = open.get(kept.id);
      if (known?.file === now) return known?.database;
      known?.database.close();
      open.delete(kept.id);
      if (now === undefined) return undefined;
      const database = openCurrent(file, kept, library);
      if (database) open.set(kept.id, { database, file: now });
      return database;
    },
    close() {
      for (const { database } of open.values()) database.close();
      open.clear();
    },
  };
}

function openCurrent(file: string, follower: KeptTables, library: ReadableDatabase): ReadableDatabase | undefined {
  const database = openReadable(file);
  try {
    if (isCurrent(database, follower, library)) return database;
  } catch (error) {
    database.close();
    if (typedError(error, file) instanceof LibraryDamaged) return undefined;
    throw typedError(error, file);
  }
  database.close();
  return undefined;
}
