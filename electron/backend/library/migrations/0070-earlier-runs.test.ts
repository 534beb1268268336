import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { earlierRuns } from './0070-earlier-runs.ts';
import { libraryMigrations } from './library-migrations.ts';
import { migrate } from './migrate.ts';

test('a library of before gets the indexes of earlier runs, which hold the runs that it had', () => {
  const database = new Database(':memory:') as WritableDatabase;
  const before = libraryMigrations.filter(({ version }) => version < earlierRuns.version);
  migrate(database, before, 'library.db');
  const insert = database.prepare<[string, string, number, number]>(
    "INSERT INTO run (run_id, agent, name, assembled, start_us, llm_calls) VALUES (?, ?, 'nightly', ?, 5, ?)",
  );
  insert.run('called', 'coder', 1, 2);
  insert.run('a lone marker', 'coder', 1, 0);
  insert.run('not assembled', 'coder', 0, 2);
  migrate(database, [...before, earlierRuns], 'library.db');
  expect(database.pragma('user_version', { simple: true })).toBe(70);
  for (const [index, column, value] of [
    ['run_earlier_by_agent', 'agent', 'coder'],
    ['run_earlier_by_name', 'name', 'nightly'],
  ] as const)
    expect(
      database
        .prepare<[string], string>(
          `SELECT run_id FROM run INDEXED BY ${index} WHERE assembled = 1 AND llm_calls + tool_calls > 0 AND ${column} = ?`,
        )
        .pluck()
        .all(value),
    ).toEqual(['called']);
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(libraryMigrations).toContain(earlierRuns);
});
