import type { Migration } from './migrate.ts';

/**
 * Full text of each distinct text once; the texts themselves stay in the library (contentless). Rows are
 * content: content id · span: run × 2^24 + seq · log: log id · run: run number.
 */
export const firstSearchIndex: Migration = {
  version: 10,
  sql: `
CREATE VIRTUAL TABLE content_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE span_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE log_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE run_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE TABLE progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`,
};

export const searchMigrations: readonly Migration[] = [firstSearchIndex];
