import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { shownSteps } from './0130-shown-steps.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('runs of before have the steps that are shown counted; one without steps has none', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < shownSteps.version);
  migrate(database, before, 'library.db');
  database.exec(`
    INSERT INTO run (id, run_id, name, steps) VALUES (1, 'a', 'one', 3), (2, 'b', 'two', 0);
  `);
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(\'step\') WHERE "notnull" = 1 AND dflt_value IS NULL')
    .pluck();
  const required = (columns.all() as string[]).filter((name) => !['run', 'step', 'hidden'].includes(name));
  const insert = database.prepare(
    `INSERT INTO step (run, step, hidden${required.map((name) => `, ${name}`).join('')}) VALUES (?, ?, ?${required.map(() => ', 0').join('')})`,
  );
  for (const [step, hidden] of [0, 1, 0].entries()) insert.run(1, step, hidden);
  migrate(database, [...before, shownSteps], 'library.db');
  expect(libraryMigrations).toContain(shownSteps);
  expect(database.prepare('SELECT run_id, steps, shown_steps FROM run ORDER BY id').raw().all()).toEqual([
    ['a', 3, 2],
    ['b', 0, 0],
  ]);
});
