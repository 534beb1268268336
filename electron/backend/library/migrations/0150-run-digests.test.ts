import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { runDigests } from './0150-run-digests.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('a row of before has no digest, and is what it was', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < runDigests.version);
  migrate(database, before, 'library.db');
  database.exec("INSERT INTO run (id, run_id, name, steps) VALUES (1, 'a', 'one', 3)");
  migrate(database, [...before, runDigests], 'library.db');
  expect(libraryMigrations).toContain(runDigests);
  expect(database.prepare('SELECT run_id, name, steps, digest FROM run').raw().all()).toEqual([['a', 'one', 3, null]]);
});
