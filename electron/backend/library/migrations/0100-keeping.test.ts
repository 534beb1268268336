import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { keeping } from './0100-keeping.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('runs of before are neither pinned nor removed', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < keeping.version);
  migrate(database, before, 'library.db');
  database.exec("INSERT INTO run (run_id, name) VALUES ('a', 'one')");
  migrate(database, [...before, keeping], 'library.db');
  expect(libraryMigrations).toContain(keeping);
  expect(database.prepare('SELECT run_id, name, pinned, removed_us FROM run').raw().all()).toEqual([
    ['a', 'one', 0, null],
  ]);
});
