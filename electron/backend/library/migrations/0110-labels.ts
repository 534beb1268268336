import type { Migration } from './migrate.ts';

/**
 * What a person says of a run (keeping/run-labels.ts). `name` is what is shown: the given one, where there is one; `own_name` is what the run
 * calls itself, NULL in rows of before. `labels_from`: 1 they came with a file, 2 somebody here has set them.
 */
export const labels: Migration = {
  version: 110,
  sql: `
ALTER TABLE run ADD COLUMN given_name TEXT;
ALTER TABLE run ADD COLUMN own_name TEXT;
ALTER TABLE run ADD COLUMN note TEXT;
ALTER TABLE run ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE run ADD COLUMN labels_from INTEGER NOT NULL DEFAULT 0;
CREATE INDEX run_pinned ON run (start_us, id) WHERE assembled = 1 AND pinned = 1;
CREATE TABLE run_tag (tag TEXT NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (tag, run)) STRICT, WITHOUT ROWID;
CREATE INDEX run_tag_by_run ON run_tag (run);
`,
};
