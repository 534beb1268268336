import type { ReadableDatabase, WritableDatabase } from '../database.ts';
import { LibraryDamaged, LibraryFromFuture } from '../faults.ts';

export interface Migration {
  /** Numbers in tens, rising. */
  readonly version: number;
  readonly sql: string;
}

/** Whether a database is what this program writes, must be brought up to date first, or comes from a newer program. */
export function migrationState(
  database: ReadableDatabase,
  migrations: readonly Migration[],
): 'current' | 'older' | 'future' {
  const newest = migrations.at(-1)?.version ?? 0;
  const version = Number(database.pragma('user_version', { simple: true }));
  return version === newest ? 'current' : version < newest ? 'older' : 'future';
}

/** Brings a database to the newest version, each step in one transaction; refuses one from a newer program. */
export function migrate(database: WritableDatabase, migrations: readonly Migration[], file: string): void {
  migrations.forEach((migration, index) => {
    const before = migrations[index - 1];
    if (before && before.version >= migration.version)
      throw new Error(`Migration ${migration.version} does not come after ${before.version}`);
  });
  const newest = migrations.at(-1)?.version ?? 0;
  const current = Number(database.pragma('user_version', { simple: true }));
  if (current > newest) {
    throw new LibraryFromFuture(
      `${file} was written by a newer Retake (version ${current}, this one knows ${newest}). Update Retake, or choose another library with --library.`,
    );
  }
  for (const migration of migrations) {
    if (migration.version <= current) continue;
    try {
      database
        .transaction(() => {
          database.exec(migration.sql);
          database.pragma(`user_version = ${migration.version}`);
        })
        .immediate();
    } catch (error) {
      // Its tables are not those of its number: a full disk and a lock have codes of their own.
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'SQLITE_ERROR') throw error;
      throw new LibraryDamaged(
        `${file} could not be brought up to date from version ${current}: ${error.message}. It was left as it is. With Retake closed, \`retake doctor --repair\` sets it aside and rebuilds what can be read into a new one.`,
        { cause: error },
      );
    }
  }
}
