import type { Migration } from './migrate.ts';

/**
 * What each run was mapped with, as a number: runs that were mapped with the same share one row. `versions` and `applied` as mappings.ts
 * writes them. Runs from before are of number 0, of which nothing is known; it has a row where there are such runs.
 */
export const mappings: Migration = {
  version: 80,
  sql: `
CREATE TABLE mapping (id INTEGER PRIMARY KEY, versions TEXT NOT NULL, applied TEXT NOT NULL, UNIQUE (versions, applied)) STRICT;
ALTER TABLE run ADD COLUMN mapping INTEGER NOT NULL DEFAULT 0;
INSERT INTO mapping (id, versions, applied) SELECT 0, '[]', '[]' WHERE EXISTS (SELECT 1 FROM run WHERE assembled = 1);
DELETE FROM setting WHERE name = 'mapperVersion';
`,
};
