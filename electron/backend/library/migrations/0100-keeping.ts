import type { Migration } from './migrate.ts';

/** What is kept: a pinned run is never removed by itself; a removed one is shown nowhere, and can be had back until it is cleared (keeping/). */
export const keeping: Migration = {
  version: 100,
  sql: `
ALTER TABLE run ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN removed_us INTEGER;
CREATE INDEX run_removed ON run (removed_us) WHERE removed_us IS NOT NULL;
`,
};
