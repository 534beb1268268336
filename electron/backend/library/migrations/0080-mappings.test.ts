import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { mappings } from './0080-mappings.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

const before = libraryMigrations.filter(({ version }) => version < mappings.version);

function oldLibrary(): WritableDatabase {
  const database = new Database(':memory:') as WritableDatabase;
  migrate(database, before, 'library.db');
  return database;
}

test('runs from before are of mapping 0, of which nothing is known', () => {
  const database = oldLibrary();
  database.exec(`
    INSERT INTO run (run_id, assembled, needs_assembly, name, spans) VALUES ('a', 1, 0, 'one', 3), ('b', 1, 0, 'two', 4);
    INSERT INTO run (run_id, spans) VALUES ('c', 1);
    INSERT INTO setting (name, json) VALUES ('mapperVersion', '3'), ('kept', '1');`);
  migrate(database, [...before, mappings], 'library.db');
  expect(libraryMigrations).toContain(mappings);
  expect(database.prepare('SELECT run_id, name, spans, mapping FROM run ORDER BY id').raw().all()).toEqual([
    ['a', 'one', 3, 0],
    ['b', 'two', 4, 0],
    ['c', '', 1, 0],
  ]);
  expect(database.prepare('SELECT id, versions, applied FROM mapping').raw().all()).toEqual([[0, '[]', '[]']]);
  // One number stood for all conventions: it says nothing any more.
  expect(database.prepare('SELECT name FROM setting').pluck().all()).toEqual(['kept']);
});

test('a library without runs has nothing to map again', () => {
  const database = oldLibrary();
  migrate(database, [...before, mappings], 'library.db');
  expect(database.prepare('SELECT count(*) FROM mapping').pluck().get()).toBe(0);
});
