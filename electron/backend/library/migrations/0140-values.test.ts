import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { values } from './0140-values.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('what was spent stays, its times are not known until the runs are read again, and the index serves a look at all runs', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < values.version);
  migrate(database, before, 'library.db');
  const row = Array.from({ length: 24 }, (_, at) => at).join(', ');
  database.exec(`INSERT INTO rollup VALUES (${row}); INSERT INTO spend VALUES (1, 0, 0, 1, 2, 3, 4, ${row})`);
  migrate(database, [...before, values], 'library.db');
  expect(libraryMigrations).toContain(values);
  expect(database.prepare('SELECT cost_nano_usd, times FROM rollup').raw().all()).toEqual([[18, '']]);
  const plan = database
    .prepare(
      'EXPLAIN QUERY PLAN SELECT sum(cost_nano_usd) FROM spend INDEXED BY spend_by_run WHERE day >= 0 AND model = 1 GROUP BY run HAVING sum(priced) > 0',
    )
    .all() as { readonly detail: string }[];
  expect(plan.map(({ detail }) => detail)).toEqual(['SCAN spend USING COVERING INDEX spend_by_run']);
  expect(database.prepare('SELECT * FROM value_rollup').all()).toEqual([]);
  expect(database.prepare('SELECT * FROM run_values').all()).toEqual([]);
});
