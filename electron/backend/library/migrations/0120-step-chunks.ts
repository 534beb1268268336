import type { Migration } from './migrate.ts';

/**
 * Chunks of steps in a table whose rows lie one behind the other on a page, whatever their length: with a key of two columns, what a row has
 * beyond 2 KB had a page of its own. The key is both in one (step-chunks.ts). Chunks stay as they were packed.
 */
export const stepChunks: Migration = {
  version: 120,
  sql: `
CREATE TABLE chunk_of_steps (id INTEGER PRIMARY KEY, digest BLOB NOT NULL, packed BLOB NOT NULL) STRICT;
INSERT INTO chunk_of_steps (id, digest, packed) SELECT run * 1048576 + chunk, digest, packed FROM step_chunk ORDER BY run, chunk;
DROP TABLE step_chunk;
ALTER TABLE chunk_of_steps RENAME TO step_chunk;
`,
};
