import type { Migration } from './migrate.ts';

/**
 * What each run spent, by day (UTC; -1: its file has no times), model, provider, service tier, agent, step name and the tools whose results
 * a call was given, with what its calls have in common (all but the day numbers of `dict`), money in nano-dollars; `rollup` is the sum over
 * all runs by what is the calls' own. What was kept before knew three of these: the runs are read again (assembly version), and fill both.
 */
export const spend: Migration = {
  version: 90,
  sql: `
DROP TABLE run_rollup;
DROP TABLE rollup;
CREATE TABLE spend (
  run INTEGER NOT NULL, part INTEGER NOT NULL,
  day INTEGER NOT NULL, model INTEGER NOT NULL, provider INTEGER NOT NULL, tier INTEGER NOT NULL, agent INTEGER NOT NULL, step INTEGER NOT NULL, tools INTEGER NOT NULL,
  service INTEGER NOT NULL, environment INTEGER NOT NULL, user INTEGER NOT NULL, conversation INTEGER NOT NULL, status INTEGER NOT NULL,
  attempts INTEGER NOT NULL, calls INTEGER NOT NULL, failed INTEGER NOT NULL, priced INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL, uncached_nano_usd INTEGER NOT NULL, resent INTEGER NOT NULL, resent_nano_usd INTEGER NOT NULL, spared_nano_usd INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  PRIMARY KEY (run, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE rollup (
  day INTEGER NOT NULL, model INTEGER NOT NULL, provider INTEGER NOT NULL, tier INTEGER NOT NULL, agent INTEGER NOT NULL, step INTEGER NOT NULL, tools INTEGER NOT NULL,
  attempts INTEGER NOT NULL, calls INTEGER NOT NULL, failed INTEGER NOT NULL, priced INTEGER NOT NULL, unpriced INTEGER NOT NULL,
  input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, reasoning INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL, uncached_nano_usd INTEGER NOT NULL, resent INTEGER NOT NULL, resent_nano_usd INTEGER NOT NULL, spared_nano_usd INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  PRIMARY KEY (day, model, provider, tier, agent, step, tools)
) STRICT, WITHOUT ROWID;
`,
};
