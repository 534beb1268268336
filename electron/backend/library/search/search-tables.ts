/** rowid of a span in `span_text`: 2^24 spans a run, 2^29 runs. */
export const spansPerRun = 2 ** 24;

/**
 * Full text of each distinct text once, with characters that are words of their own apart (`charactersApart`); the texts themselves stay in the library (contentless). Rows are
 * content: content id · span: run × 2^24 + seq · log: log id · run: run number.
 *
 * A text is found where it was first sent. Where it came again is kept beside: `mention` are contents that a span or log lists though it
 * did not bring them, `held` are the parts of a conversation's sequence that it holds. A place is the span's number in its run, or the
 * log's below zero. `tool`: the tools that a run called.
 */
export const searchTables = {
  id: 'search',
  version: 13,
  schema: `
CREATE VIRTUAL TABLE content_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE span_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE log_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE run_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE TABLE mention (run INTEGER NOT NULL, place INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (run, place, content)) STRICT, WITHOUT ROWID;
CREATE INDEX mention_by_content ON mention (content);
CREATE TABLE held (run INTEGER NOT NULL, place INTEGER NOT NULL, sequence INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, PRIMARY KEY (run, place, sequence, start)) STRICT, WITHOUT ROWID;
CREATE TABLE tool (run INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (run, name)) STRICT, WITHOUT ROWID;
CREATE INDEX tool_by_name ON tool (name);
`,
};
