import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { labels } from './0110-labels.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('runs of before are called as they were, without tags and notes', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < labels.version);
  migrate(database, before, 'library.db');
  database.exec("INSERT INTO run (run_id, name, pinned) VALUES ('a', 'one', 1)");
  migrate(database, [...before, labels], 'library.db');
  expect(libraryMigrations).toContain(labels);
  expect(
    database.prepare('SELECT name, given_name, own_name, note, tags, pinned, labels_from FROM run').raw().all(),
  ).toEqual([['one', null, null, null, '[]', 1, 0]]);
  expect(database.prepare('SELECT count(*) FROM run_tag').pluck().get()).toBe(0);
});
