import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { spend } from './0090-spend.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('what was summed before goes: the runs are read again and fill the new tables', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < spend.version);
  migrate(database, before, 'library.db');
  database.exec(`
    INSERT INTO run (run_id, assembled, needs_assembly, name) VALUES ('a', 1, 0, 'one');
    INSERT INTO run_rollup (run, shares) VALUES (1, '[]');
    INSERT INTO rollup VALUES (1, 'gpt-5', 'coder', 1, 1, 0, 0, 1, 1, 0, 0, 0, 5, 7);`);
  migrate(database, [...before, spend], 'library.db');
  expect(libraryMigrations).toContain(spend);
  expect(database.prepare('SELECT name FROM run').pluck().all()).toEqual(['one']);
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'run_rollup'").all()).toEqual([]);
  const row = Array.from({ length: 24 }, (_, at) => at).join(', ');
  database.exec(`INSERT INTO rollup VALUES (${row}); INSERT INTO spend VALUES (1, 0, 0, 1, 2, 3, 4, ${row})`);
  expect(database.prepare('SELECT cost_nano_usd, duration_us FROM rollup').raw().all()).toEqual([[18, 23]]);
  expect(database.prepare('SELECT part, cost_nano_usd, duration_us FROM spend').raw().all()).toEqual([[0, 18, 23]]);
});
