import type { Migration } from './migrate.ts';

/** What a run's row says is checked when it is read (run-digest.ts). Rows of before have none until the run is assembled again. */
export const runDigests: Migration = {
  version: 150,
  sql: `
ALTER TABLE run ADD COLUMN digest BLOB;
`,
};
