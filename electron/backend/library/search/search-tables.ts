/** rowid of a span in `span_text`: 2^24 spans a run, 2^29 runs. */
export const spansPerRun = 2 ** 24;

/**
 * Full text of each distinct text once; the texts themselves stay in the library (contentless). Rows are
 * content: content id · span: run × 2^24 + seq · log: log id · run: run number.
 */
export const searchTables = {
  id: 'search',
  version: 10,
  schema: `
CREATE VIRTUAL TABLE content_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE span_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE log_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE VIRTUAL TABLE run_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
`,
};
