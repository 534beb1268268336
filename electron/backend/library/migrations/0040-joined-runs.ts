import type { Migration } from './migrate.ts';

/**
 * Runs that turned out to be one. `merged` keeps its row in `run`, empty, so that its number is never given again; its traces, and so
 * its id, lead to `run`. The search index follows these rows: the spans of `merged` are now `spans` of `run` from `first_seq` on.
 */
export const joinedRuns: Migration = {
  version: 40,
  sql: `
CREATE TABLE joined_run (id INTEGER PRIMARY KEY, merged INTEGER NOT NULL, run INTEGER NOT NULL, first_seq INTEGER NOT NULL, spans INTEGER NOT NULL) STRICT;
CREATE INDEX joined_run_by_run ON joined_run (run);
CREATE INDEX trace_by_run ON trace (run);
CREATE INDEX sequence_by_run ON sequence (run);
`,
};
