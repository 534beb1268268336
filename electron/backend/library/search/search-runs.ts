import type { ReadableDatabase } from '../database.ts';
import type { KeptReaders } from '../followers/follower-database.ts';
import { allRows, firstRow, sql, sqlName } from '../sql.ts';
import { ftsQuery } from './search-query.ts';
import { searchTables, spansPerRun } from './search-tables.ts';

/** For the list's text filter. */
export interface ContentSearch {
  /** The runs (internal numbers) whose content, spans, logs or names hold a text; undefined where there is no index. */
  runs(text: string): readonly number[] | undefined;
}

export function openContentSearch(library: ReadableDatabase, kept: KeptReaders): ContentSearch {
  const origins = new OriginMap(library);
  return {
    runs: (text) => {
      const query = ftsQuery(text);
      const database = kept.database(searchTables);
      if (!query || !database) return undefined;
      const rowids = (table: string): readonly number[] =>
        allRows<{ readonly rowid: number }>(
          database,
          sql`SELECT rowid FROM ${sqlName(table)} WHERE ${sqlName(table)} MATCH ${query} ORDER BY rowid`,
        ).map(({ rowid }) => rowid);
      const runs = new Set(rowids('run_text'));
      for (const rowid of rowids('span_text')) runs.add(Math.floor(rowid / spansPerRun));
      origins.addRuns(rowids('content_text'), runs);
      const logs = rowids('log_text');
      if (logs.length > 0) {
        for (const { run } of allRows<{ readonly run: number }>(
          library,
          sql`SELECT DISTINCT run FROM log WHERE run IS NOT NULL AND id IN (SELECT value FROM json_each(${JSON.stringify(logs)}))`,
        ))
          runs.add(run);
      }
      return [...runs];
    },
  };
}

/** Which run first sent a content: `content_origin` in memory, 16 bytes a row, read on as it grows. */
class OriginMap {
  private readonly library: ReadableDatabase;
  private firsts: number[] = [];
  private runs: number[] = [];
  /** Runs joined since change what is known. */
  private joined = 0;

  constructor(library: ReadableDatabase) {
    this.library = library;
  }

  /** `contents` rise. */
  addRuns(contents: readonly number[], runs: Set<number>): void {
    if (contents.length === 0) return;
    const joined =
      firstRow<{ readonly id: number | null }>(this.library, sql`SELECT max(id) AS id FROM joined_run`)?.id ?? 0;
    if (joined !== this.joined) {
      this.joined = joined;
      this.firsts = [];
      this.runs = [];
    }
    for (const row of allRows<{ readonly first: number; readonly run: number }>(
      this.library,
      sql`SELECT first, run FROM content_origin WHERE first > ${this.firsts.at(-1) ?? 0} ORDER BY first`,
    )) {
      this.firsts.push(row.first);
      this.runs.push(row.run);
    }
    let at = 0;
    for (const content of contents) {
      while (at + 1 < this.firsts.length && (this.firsts[at + 1] ?? 0) <= content) at++;
      const run = this.runs[at];
      if (run !== undefined && run !== 0) runs.add(run);
    }
  }
}
