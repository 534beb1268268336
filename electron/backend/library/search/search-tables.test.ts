import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WritableDatabase } from '../database.ts';
import { searchTables } from './search-tables.ts';

test('makes indexes that hold words, not texts', () => {
  const database = new Database(':memory:') as WritableDatabase;
  database.exec(searchTables.schema);
  for (const table of ['content_text', 'span_text', 'log_text', 'run_text']) {
    database.prepare(`INSERT INTO ${table} (rowid, text) VALUES (7, 'Grüße an alle')`).run();
    expect(database.prepare(`SELECT rowid, text FROM ${table} WHERE ${table} MATCH '"grusse"'`).all()).toEqual([]);
    expect(database.prepare(`SELECT rowid, text FROM ${table} WHERE ${table} MATCH '"grüße"'`).all()).toEqual([
      { rowid: 7, text: null },
    ]);
    database.prepare(`DELETE FROM ${table} WHERE rowid = 7`).run();
    expect(database.prepare(`SELECT rowid FROM ${table} WHERE ${table} MATCH '"alle"'`).all()).toEqual([]);
  }
});
