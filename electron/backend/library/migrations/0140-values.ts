import type { Migration } from './migrate.ts';

/**
 * How long the calls took, beside what they cost; and what was spent by each value of what a run's calls have in common and of every
 * attribute (`dimension`: `service`, `attribute:KEY`; numbers of `dict`), which by the runs' own rows took 170 to 430 ms of a million
 * steps. `run_values` holds what each run has added to it. The runs are read again (assembly version), and fill all of it.
 */
export const values: Migration = {
  version: 140,
  sql: `
ALTER TABLE spend ADD COLUMN times TEXT NOT NULL DEFAULT '';
ALTER TABLE rollup ADD COLUMN times TEXT NOT NULL DEFAULT '';
CREATE TABLE value_rollup (
  dimension INTEGER NOT NULL, value INTEGER NOT NULL, day INTEGER NOT NULL, model INTEGER NOT NULL, agent INTEGER NOT NULL,
  attempts INTEGER NOT NULL, calls INTEGER NOT NULL, failed INTEGER NOT NULL, priced INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL, uncached_nano_usd INTEGER NOT NULL, resent INTEGER NOT NULL, resent_nano_usd INTEGER NOT NULL, spared_nano_usd INTEGER NOT NULL,
  duration_us INTEGER NOT NULL, times TEXT NOT NULL,
  PRIMARY KEY (dimension, value, day, model, agent)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_values (run INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
CREATE INDEX spend_by_run ON spend (run, day, model, agent, status, attempts, priced, cost_nano_usd);
`,
};
