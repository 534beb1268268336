import type { StepKind } from '../../../../shared/model/step.ts';
import { runId as asRunId } from '../../../../shared/model/units.ts';
import type { RunId } from '../../../../shared/model/units.ts';
import { seqOfLogStep } from '../../telemetry/log-step.ts';
import { blockSource } from '../block-tables.ts';
import { BlockReader } from '../blocks.ts';
import { libraryFile, openReadable, typedError } from '../database.ts';
import type { ReadableDatabase } from '../database.ts';
import { openKeptReaders } from '../followers/follower-database.ts';
import type { KeptReaders } from '../followers/follower-database.ts';
import { ownRunId } from '../run-rows.ts';
import { firstRow, sql } from '../sql.ts';
import { ftsQuery, searchTerms } from './search-query.ts';
import { searchTables, spansPerRun } from './search-tables.ts';
import { contentText, logText, spanText } from './search-text.ts';

export interface TextHit {
  readonly runId: RunId;
  readonly stepIndex: number;
  readonly runName: string;
  readonly stepName: string;
  readonly kind: StepKind;
  readonly excerpt: string;
  readonly startedAtMs: number;
}

/** The full-text index as it is searched. What is not indexed yet is not found yet. */
export interface TextSearch {
  /** Newest first. The user's text is words and "phrases"; nothing in it is query syntax. */
  search(query: string, options: { readonly runId?: string | undefined; readonly limit: number }): readonly TextHit[];
  close(): void;
}

/** Opens the full-text index for searching, whoever keeps it. Throws LibraryDamaged, LibraryLocked. */
export function openTextSearch(options: { readonly directory: string }): TextSearch {
  const { directory } = options;
  const file = libraryFile(directory);
  const library = openReadable(file);
  try {
    return new SqliteTextSearch(file, openKeptReaders(directory, library), library);
  } catch (error) {
    library.close();
    throw typedError(error, file);
  }
}

/** Where a text stands: the run and the span (by arrival number) that first sent it. */
interface Place {
  readonly run: number;
  readonly seq: number | undefined;
  readonly text: () => string;
}

/** Hits looked at per kind of text before giving up on finding more in the wanted run. */
const maximumLookedAt = 20_000;

class SqliteTextSearch implements TextSearch {
  private readonly file: string;
  private readonly kept: KeptReaders;
  private readonly library: ReadableDatabase;
  private readonly contents: BlockReader;
  private readonly payloads: BlockReader;

  constructor(file: string, kept: KeptReaders, library: ReadableDatabase) {
    this.file = file;
    this.kept = kept;
    this.library = library;
    this.contents = new BlockReader(blockSource(library, 'content_block'));
    this.payloads = new BlockReader(blockSource(library, 'payload_block'));
  }

  search(query: string, options: { readonly runId?: string | undefined; readonly limit: number }): readonly TextHit[] {
    const match = ftsQuery(query);
    if (!match) return [];
    try {
      const index = this.kept.database(searchTables);
      return index ? this.searchIn(index, match, searchTerms(query), options) : [];
    } catch (error) {
      throw typedError(error, this.file);
    }
  }

  private searchIn(
    index: ReadableDatabase,
    match: string,
    terms: readonly string[],
    options: { readonly runId?: string | undefined; readonly limit: number },
  ): readonly TextHit[] {
    const run =
      options.runId === undefined
        ? undefined
        : (firstRow<{ readonly id: number }>(
            this.library,
            sql`SELECT id FROM run WHERE run_id = ${ownRunId(options.runId)}`,
          )?.id ?? 0);
    const hits = new Map<string, TextHit>();
    for (const [table, place] of this.kinds()) {
      let found = 0;
      let lookedAt = 0;
      for (const id of this.rowids(index, table, match, run)) {
        if (found >= options.limit || ++lookedAt > maximumLookedAt) break;
        const where = place(id);
        if (!where || (run !== undefined && where.run !== run)) continue;
        const hit = this.hitAt(where, terms);
        if (!hit) continue;
        found++;
        const key = `${hit.runId} ${hit.stepIndex}`;
        if (!hits.has(key)) hits.set(key, hit);
      }
    }
    return [...hits.values()].sort((left, right) => right.startedAtMs - left.startedAtMs).slice(0, options.limit);
  }

  close(): void {
    this.kept.close();
    this.library.close();
  }

  private kinds(): readonly (readonly [string, (id: number) => Place | undefined])[] {
    return [
      ['span_text', (id) => this.placeOfSpan(id)],
      ['content_text', (id) => this.placeOfContent(id)],
      ['log_text', (id) => this.placeOfLog(id, () => this.textOfLog(id))],
      ['run_text', (id) => ({ run: id, seq: undefined, text: () => '' })],
    ];
  }

  /** Newest first. Within a run: only the numbers that can belong to it. */
  private rowids(index: ReadableDatabase, table: string, match: string, run: number | undefined): Iterable<number> {
    const [low, high] = run === undefined ? [0, Number.MAX_SAFE_INTEGER] : this.numbersOfRun(table, run);
    return index
      .prepare<[string, number, number], number>(
        `SELECT rowid FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC`,
      )
      .pluck()
      .iterate(match, low, high);
  }

  private numbersOfRun(table: string, run: number): readonly [number, number] {
    if (table === 'run_text') return [run, run];
    if (table === 'span_text') return [run * spansPerRun, (run + 1) * spansPerRun - 1];
    const query =
      table === 'log_text'
        ? sql`SELECT min(id) AS low, max(id) AS high FROM log WHERE run = ${run}`
        : sql`SELECT min(first) AS low, (SELECT min(first) - 1 FROM content_origin WHERE first > (SELECT max(first) FROM content_origin WHERE run = ${run})) AS high FROM content_origin WHERE run = ${run}`;
    const row = firstRow<{ readonly low: number | null; readonly high: number | null }>(this.library, query);
    if (!row || row.low === null) return [1, 0];
    return [row.low, row.high ?? Number.MAX_SAFE_INTEGER];
  }

  private placeOfSpan(id: number): Place | undefined {
    const run = Math.floor(id / spansPerRun);
    const seq = id % spansPerRun;
    return {
      run,
      seq,
      text: () => {
        const row = firstRow<{ readonly payload: number }>(
          this.library,
          sql`SELECT payload FROM span WHERE run = ${run} AND seq = ${seq}`,
        );
        return row ? spanText(this.payloads.item(row.payload)) : '';
      },
    };
  }

  private placeOfContent(id: number): Place | undefined {
    const row = firstRow<{ readonly run: number; readonly seq: number | null; readonly log: number | null }>(
      this.library,
      sql`SELECT run, seq, log FROM content_origin WHERE first <= ${id} ORDER BY first DESC LIMIT 1`,
    );
    const text = (): string => contentText(this.contents.item(id));
    if (!row) return undefined;
    return row.log === null ? { run: row.run, seq: row.seq ?? undefined, text } : this.placeOfLog(row.log, text);
  }

  private placeOfLog(id: number, text: () => string): Place | undefined {
    const row = firstRow<{ readonly run: number | null; readonly span_id: Buffer | null; readonly seq: number | null }>(
      this.library,
      sql`
      SELECT log.run, told.span_id, span.seq FROM log
      JOIN (SELECT coalesce((SELECT span_id FROM log_join WHERE log = ${id} LIMIT 1), (SELECT span_id FROM log WHERE id = ${id})) AS span_id) AS told
      LEFT JOIN span ON span.run = log.run AND span.span_id = told.span_id WHERE log.id = ${id}`,
    );
    if (!row || row.run === null) return undefined;
    return {
      run: row.run,
      seq: row.seq ?? (row.span_id === null ? undefined : seqOfLogStep(row.span_id.toString('hex'))),
      text,
    };
  }

  private textOfLog(id: number): string {
    const row = firstRow<{ readonly payload: number }>(this.library, sql`SELECT payload FROM log WHERE id = ${id}`);
    return row ? logText(this.payloads.item(row.payload)) : '';
  }

  /** Undefined when the run has no steps yet. */
  private hitAt(place: Place, terms: readonly string[]): TextHit | undefined {
    const run = firstRow<{ readonly run_id: string; readonly name: string }>(
      this.library,
      sql`SELECT run_id, name FROM run WHERE id = ${place.run} AND assembled = 1`,
    );
    const step = this.stepOf(place, terms);
    if (!run || !step) return undefined;
    return {
      runId: asRunId(run.run_id),
      stepIndex: step.step,
      runName: run.name,
      stepName: step.name,
      kind: step.kind,
      excerpt: excerptOf(place.seq === undefined ? `${run.name} · ${step.name}` : place.text(), terms),
      startedAtMs: step.start_us / 1_000,
    };
  }

  private stepOf(place: Place, terms: readonly string[]): StepRow | undefined {
    const columns = sql`SELECT step, name.text AS name, kind.text AS kind, start_us FROM step JOIN dict AS name ON name.id = step.name JOIN dict AS kind ON kind.id = step.kind WHERE run = ${place.run}`;
    const ofSpan =
      place.seq === undefined
        ? undefined
        : firstRow<StepRow>(
            this.library,
            sql`${columns} AND span_seq = ${place.seq} ORDER BY origin = (SELECT id FROM dict WHERE text = 'span') DESC, step LIMIT 1`,
          );
    const ofName =
      ofSpan ??
      firstRow<StepRow>(
        this.library,
        sql`${columns} AND instr(lower(name.text), ${(terms[0] ?? '').toLowerCase()}) > 0 ORDER BY step LIMIT 1`,
      );
    return ofName ?? firstRow<StepRow>(this.library, sql`${columns} ORDER BY step LIMIT 1`);
  }
}

interface StepRow {
  readonly step: number;
  readonly name: string;
  readonly kind: StepKind;
  readonly start_us: number;
}

const excerptBefore = 60;
const excerptAfter = 160;

/** The text around the first term that stands in it as written. */
function excerptOf(text: string, terms: readonly string[]): string {
  const lower = text.toLowerCase();
  const found = terms.map((term) => lower.indexOf(term.toLowerCase())).filter((index) => index >= 0);
  const at = found.length === 0 ? 0 : Math.min(...found);
  const from = Math.max(0, at - excerptBefore);
  const to = at + excerptAfter;
  return `${from > 0 ? '…' : ''}${text.slice(from, to).replace(/\s+/g, ' ').trim()}${to < text.length ? '…' : ''}`.toWellFormed();
}
