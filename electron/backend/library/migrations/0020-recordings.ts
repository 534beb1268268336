import type { Migration } from './migrate.ts';

/**
 * Raw traffic with the model providers, for replay. `request` is what the agent sent, `outgoing` what went to the provider
 * where that differs, `response` what the agent got: each a list of piece ids (recordings.ts). Keys of providers are never in here.
 */
export const recordings: Migration = {
  version: 20,
  sql: `
CREATE TABLE recording (run_id TEXT PRIMARY KEY, launch TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE exchange (
  run_id TEXT NOT NULL, seq INTEGER NOT NULL,
  method TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, content_type TEXT, span_id TEXT,
  started_us INTEGER NOT NULL, duration_us INTEGER NOT NULL, served TEXT NOT NULL, detail TEXT NOT NULL,
  request BLOB NOT NULL, outgoing BLOB, response BLOB NOT NULL,
  PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE piece (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, packed INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
`,
};
