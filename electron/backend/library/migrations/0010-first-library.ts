import type { Migration } from './migrate.ts';

/**
 * Times: `*_us` integer microseconds since 1970 (a double holds them exactly) and `*_rest` the nanoseconds 0-999 left over.
 * Names and kinds of steps and spans are numbers of `dict`. Runs have an internal number; `run_id` is what the outside sees. Everything that lists or sums touches `run` only.
 */
export const firstLibrary: Migration = {
  version: 10,
  sql: `
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL UNIQUE,
  needs_assembly INTEGER NOT NULL DEFAULT 1,
  assembled INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0,
  spans INTEGER NOT NULL DEFAULT 0,
  logs INTEGER NOT NULL DEFAULT 0,
  trace_ids TEXT NOT NULL DEFAULT '[]',
  name TEXT NOT NULL DEFAULT '',
  agent TEXT, service TEXT, environment TEXT, user_id TEXT,
  status TEXT NOT NULL DEFAULT 'running',
  root_seen INTEGER NOT NULL DEFAULT 0,
  start_us INTEGER NOT NULL DEFAULT 0, start_rest INTEGER NOT NULL DEFAULT 0,
  end_us INTEGER, end_rest INTEGER,
  duration_us INTEGER,
  steps INTEGER NOT NULL DEFAULT 0, llm_calls INTEGER NOT NULL DEFAULT 0, tool_calls INTEGER NOT NULL DEFAULT 0, errors INTEGER NOT NULL DEFAULT 0,
  input INTEGER, output INTEGER, cache_read INTEGER, cache_write INTEGER, reasoning INTEGER,
  cached_share REAL,
  usage TEXT NOT NULL DEFAULT '{}',
  cost_usd REAL, unpriced_calls INTEGER NOT NULL DEFAULT 0,
  models TEXT NOT NULL DEFAULT '[]', conventions TEXT NOT NULL DEFAULT '[]', notices TEXT NOT NULL DEFAULT '[]', context_growth TEXT NOT NULL DEFAULT '[]',
  conversation_key TEXT, conversation_id TEXT, parent_run_id TEXT, fork_step INTEGER
) STRICT;
CREATE INDEX run_by_start ON run (start_us, id) WHERE assembled = 1;
CREATE INDEX run_by_name ON run (name, id) WHERE assembled = 1;
CREATE INDEX run_by_agent ON run (agent, id) WHERE assembled = 1;
CREATE INDEX run_by_duration ON run (duration_us, id) WHERE assembled = 1;
CREATE INDEX run_by_steps ON run (steps, id) WHERE assembled = 1;
CREATE INDEX run_by_input ON run (input, id) WHERE assembled = 1;
CREATE INDEX run_by_output ON run (output, id) WHERE assembled = 1;
CREATE INDEX run_by_cached ON run (cached_share, id) WHERE assembled = 1;
CREATE INDEX run_by_cost ON run (cost_usd, id) WHERE assembled = 1;
CREATE INDEX run_by_errors ON run (errors, id) WHERE assembled = 1;
CREATE INDEX run_with_errors ON run (start_us, id) WHERE assembled = 1 AND errors > 0;
CREATE INDEX run_dirty ON run (id) WHERE needs_assembly = 1;
CREATE INDEX run_running ON run (id) WHERE status = 'running';
CREATE INDEX run_by_revision ON run (revision);
CREATE INDEX run_by_parent ON run (parent_run_id) WHERE parent_run_id IS NOT NULL;
CREATE INDEX run_by_conversation ON run (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE TABLE run_model (model TEXT NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (model, run)) STRICT, WITHOUT ROWID;
CREATE INDEX run_model_by_run ON run_model (run);

CREATE TABLE dict (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE trace (trace_id BLOB PRIMARY KEY, run INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE span (
  run INTEGER NOT NULL, seq INTEGER NOT NULL, span_id BLOB NOT NULL, parent_span_id BLOB,
  start_us INTEGER NOT NULL, duration_us INTEGER,
  status INTEGER NOT NULL, name INTEGER NOT NULL, payload INTEGER NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX span_by_id ON span (run, span_id);

CREATE TABLE log (id INTEGER PRIMARY KEY, run INTEGER, span_id BLOB, digest BLOB NOT NULL, payload INTEGER NOT NULL) STRICT;
CREATE INDEX log_by_run ON log (run, span_id);
CREATE UNIQUE INDEX log_by_digest ON log (digest);

CREATE TABLE metric (id INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, data_points INTEGER NOT NULL, packed BLOB NOT NULL) STRICT;

CREATE TABLE payload_block (first INTEGER PRIMARY KEY, lengths BLOB NOT NULL, packed BLOB NOT NULL) STRICT;
CREATE TABLE content_block (first INTEGER PRIMARY KEY, lengths BLOB NOT NULL, packed BLOB NOT NULL) STRICT;
CREATE TABLE content_hash (hash BLOB PRIMARY KEY, id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE content_origin (first INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER, log INTEGER) STRICT;
CREATE INDEX content_origin_by_run ON content_origin (run);
CREATE TABLE sequence (id INTEGER PRIMARY KEY, run INTEGER NOT NULL) STRICT;
CREATE TABLE sequence_chunk (sequence INTEGER NOT NULL, start INTEGER NOT NULL, ids BLOB NOT NULL, PRIMARY KEY (sequence, start)) STRICT, WITHOUT ROWID;
CREATE TABLE envelope (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;

CREATE TABLE step (
  run INTEGER NOT NULL, step INTEGER NOT NULL,
  parent INTEGER, depth INTEGER NOT NULL,
  kind INTEGER NOT NULL, origin INTEGER NOT NULL, status INTEGER NOT NULL, hidden INTEGER NOT NULL,
  span_seq INTEGER, name INTEGER NOT NULL, raw_name INTEGER NOT NULL, agent INTEGER, model INTEGER, error TEXT, preview TEXT,
  start_us INTEGER NOT NULL, duration_us INTEGER,
  input INTEGER, output INTEGER, cache_read INTEGER, cache_write INTEGER, reasoning INTEGER,
  usage_role INTEGER, cost_usd REAL, requested_by INTEGER, parallel_group INTEGER, answered INTEGER NOT NULL,
  PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE step_chunk (run INTEGER NOT NULL, chunk INTEGER NOT NULL, digest BLOB NOT NULL, packed BLOB NOT NULL, PRIMARY KEY (run, chunk)) STRICT, WITHOUT ROWID;

CREATE TABLE rollup (
  day INTEGER NOT NULL, model TEXT NOT NULL, agent TEXT NOT NULL,
  attempts INTEGER NOT NULL, calls INTEGER NOT NULL, failed INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL, duration_us INTEGER NOT NULL,
  PRIMARY KEY (day, model, agent)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_rollup (run INTEGER PRIMARY KEY, shares TEXT NOT NULL) STRICT;

CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('library_id', abs(random() % 9007199254740991));
`,
};
