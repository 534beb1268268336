import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { firstLibrary } from './0010-first-library.ts';
import { recordings } from './0020-recordings.ts';
import { logJoins } from './0030-log-joins.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('a library gets its table of joined logs, and keeps what it had', () => {
  const database = new Database(':memory:') as WritableDatabase;
  migrate(database, [firstLibrary, recordings], 'library.db');
  database.exec("INSERT INTO setting (name, json) VALUES ('kept', '1')");
  migrate(database, [firstLibrary, recordings, logJoins], 'library.db');
  expect(database.pragma('user_version', { simple: true })).toBe(30);
  expect(database.prepare("SELECT json FROM setting WHERE name = 'kept'").pluck().get()).toBe('1');
  expect(database.prepare('SELECT count(*) FROM log_join').pluck().get()).toBe(0);
  expect(libraryMigrations).toContain(logJoins);
});
