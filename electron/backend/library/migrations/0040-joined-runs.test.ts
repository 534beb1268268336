import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { joinedRuns } from './0040-joined-runs.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('a library gets its table of joined runs, and keeps what it had', () => {
  const database = new Database(':memory:') as WritableDatabase;
  migrate(
    database,
    libraryMigrations.filter(({ version }) => version < joinedRuns.version),
    'library.db',
  );
  database.exec("INSERT INTO setting (name, json) VALUES ('kept', '1')");
  migrate(database, libraryMigrations, 'library.db');
  expect(libraryMigrations).toContain(joinedRuns);
  expect(database.prepare("SELECT json FROM setting WHERE name = 'kept'").pluck().get()).toBe('1');
  expect(database.prepare('SELECT count(*) FROM joined_run').pluck().get()).toBe(0);
});
