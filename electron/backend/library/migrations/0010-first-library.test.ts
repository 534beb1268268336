import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { LibraryFromFuture } from '../faults.ts';
import { firstLibrary } from './0010-first-library.ts';
import { migrate, migrationState } from './migrate.ts';
import type { Migration } from './migrate.ts';

const open = (): WritableDatabase => new Database(':memory:') as WritableDatabase;
const tables = (database: WritableDatabase): unknown =>
  database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all();

test('makes the first library, with an identity of its own', () => {
  const database = open();
  expect(migrationState(database, [firstLibrary])).toBe('older');
  migrate(database, [firstLibrary], 'library.db');
  expect(migrationState(database, [firstLibrary])).toBe('current');
  expect(database.pragma('user_version', { simple: true })).toBe(10);
  expect(tables(database)).toEqual([
    'content_block',
    'content_hash',
    'content_origin',
    'counter',
    'dict',
    'envelope',
    'log',
    'metric',
    'payload_block',
    'rollup',
    'run',
    'run_model',
    'run_rollup',
    'sequence',
    'sequence_chunk',
    'setting',
    'span',
    'step',
    'step_chunk',
    'trace',
  ]);
  const identity = database.prepare<[], number>("SELECT value FROM counter WHERE name = 'library_id'").pluck();
  const other = open();
  migrate(other, [firstLibrary], 'library.db');
  expect(identity.get()).not.toBe(other.prepare("SELECT value FROM counter WHERE name = 'library_id'").pluck().get());
  migrate(database, [firstLibrary], 'library.db');
  expect(identity.get()).toBe(identity.get());
});

test('migrations come in order, each whole or not at all, and never backwards', () => {
  const database = open();
  const good: Migration = { version: 20, sql: 'CREATE TABLE good (a INTEGER) STRICT; INSERT INTO good VALUES (1);' };
  const bad: Migration = { version: 30, sql: 'CREATE TABLE bad (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1);' };
  expect(() => migrate(database, [good, bad], 'f')).toThrow(/nowhere/);
  expect(database.pragma('user_version', { simple: true })).toBe(20);
  expect(tables(database)).toEqual(['good']);
  expect(() => migrate(database, [good, { ...good, version: 20 }], 'f')).toThrow(/does not come after/);
  expect(() => migrate(database, [{ version: 10, sql: '' }], 'f')).toThrow(LibraryFromFuture);
  migrate(database, [good, { version: 30, sql: 'UPDATE good SET a = a + 1' }], 'f');
  migrate(database, [good, { version: 30, sql: 'UPDATE good SET a = a + 1' }], 'f');
  expect(database.prepare('SELECT a FROM good').pluck().get()).toBe(2);
});
