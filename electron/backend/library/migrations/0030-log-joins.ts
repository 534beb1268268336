import type { Migration } from './migrate.ts';

/**
 * Which steps a log record tells of, where that is not the span it names itself: by call id, response id or time (FACTS.md, Logs).
 * `span_id` is a span's, or the one that stands for a step made of logs. Found again with every assembly; the record stays as it was sent.
 */
export const logJoins: Migration = {
  version: 30,
  sql: `
CREATE TABLE log_join (span_id BLOB NOT NULL, log INTEGER NOT NULL, PRIMARY KEY (span_id, log)) STRICT, WITHOUT ROWID;
CREATE INDEX log_join_by_log ON log_join (log);
`,
};
