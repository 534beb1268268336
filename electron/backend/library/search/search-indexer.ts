import { charactersApart } from '../../../../shared/model/find-text.ts';
import { blockSource, lastItem } from '../block-tables.ts';
import { BlockReader } from '../blocks.ts';
import type { ReadableDatabase, WritableDatabase } from '../database.ts';
import { changedRuns } from '../followers/changed-runs.ts';
import { readProgress, writeProgress } from '../followers/follower-database.ts';
import type { Followed, FollowerWork } from '../followers/follower.ts';
import { spansPerRun } from './search-tables.ts';
import { contentText, heldContents, isLogPayload, logText, spanIdentity, spanText } from './search-text.ts';

/** Documents and time per transaction: short enough that a crash repeats little, long enough to be written in bulk. */
const documentsPerCommit = 500;
const commitAfterMs = 250;

interface LogRow {
  readonly id: number;
  readonly run: number | null;
  readonly payload: number;
}

interface OriginRow {
  readonly run: number;
  readonly seq: number | null;
  readonly log: number | null;
}

interface JoinedRow {
  readonly id: number;
  readonly merged: number;
  readonly run: number;
  readonly first_seq: number;
  readonly spans: number;
}

interface RunRow {
  readonly name: string;
  readonly agent: string | null;
  readonly service: string | null;
  readonly models: string;
}

type ProgressName = 'content' | 'payload' | 'log' | 'revision' | 'joined';

/**
 * Follows the library by its rising numbers: those of texts, spans and logs, which are found before their run is assembled, and the
 * revisions of runs. How far it got is stored with the documents, in the same transaction.
 */
export class SearchIndexer implements FollowerWork {
  private readonly index: WritableDatabase;
  private readonly library: ReadableDatabase;
  private readonly contents: BlockReader;
  private readonly payloads: BlockReader;
  private readonly statements;
  private readonly librarySources;

  constructor(index: WritableDatabase, library: ReadableDatabase) {
    this.index = index;
    this.library = library;
    this.contents = new BlockReader(blockSource(library, 'content_block'));
    this.payloads = new BlockReader(blockSource(library, 'payload_block'));
    const writeInto = (table: string) => ({
      remove: index.prepare<[number]>(`DELETE FROM ${table} WHERE rowid = ?`),
      insert: index.prepare<[number, string]>(`INSERT INTO ${table} (rowid, text) VALUES (?, ?)`),
    });
    this.statements = {
      content: writeInto('content_text'),
      span: writeInto('span_text'),
      log: writeInto('log_text'),
      run: writeInto('run_text'),
      forgetMentions: index.prepare<[number, number]>('DELETE FROM mention WHERE run = ? AND place = ?'),
      mention: index.prepare<[number, number, number]>(
        'INSERT OR IGNORE INTO mention (run, place, content) VALUES (?, ?, ?)',
      ),
      forgetHeld: index.prepare<[number, number]>('DELETE FROM held WHERE run = ? AND place = ?'),
      hold: index.prepare<[number, number, number, number, number]>(
        'INSERT OR REPLACE INTO held (run, place, sequence, start, stop) VALUES (?, ?, ?, ?, ?)',
      ),
      // Logs keep their numbers, spans get those that follow in the run they belong to now.
      moved: ['mention', 'held'].map((table) =>
        index.prepare<[number, number, number]>(
          `UPDATE OR REPLACE ${table} SET run = ?, place = CASE WHEN place < 0 THEN place ELSE place + ? END WHERE run = ?`,
        ),
      ),
      forgetTools: index.prepare<[number]>('DELETE FROM tool WHERE run = ?'),
      tool: index.prepare<[number, string]>('INSERT OR IGNORE INTO tool (run, name) VALUES (?, ?)'),
    };
    this.librarySources = {
      span: library.prepare<[Buffer, Buffer], { readonly run: number; readonly seq: number }>(
        'SELECT span.run, span.seq FROM trace JOIN span ON span.run = trace.run WHERE trace.trace_id = ? AND span.span_id = ?',
      ),
      joined: library.prepare<[number], JoinedRow>(
        'SELECT id, merged, run, first_seq, spans FROM joined_run WHERE id > ? ORDER BY id LIMIT 1',
      ),
      spansBetween: library.prepare<[number, number, number], { readonly seq: number; readonly payload: number }>(
        'SELECT seq, payload FROM span WHERE run = ? AND seq >= ? AND seq < ?',
      ),
      logs: library.prepare<[number, number], LogRow>(
        'SELECT id, run, payload FROM log WHERE id > ? ORDER BY id LIMIT ?',
      ),
      origin: library.prepare<[number], OriginRow>(
        'SELECT run, seq, log FROM content_origin WHERE first <= ? ORDER BY first DESC LIMIT 1',
      ),
      tools: library
        .prepare<[number], string>(
          "SELECT text FROM dict WHERE id IN (SELECT name FROM step WHERE run = ? AND kind = (SELECT id FROM dict WHERE text = 'tool'))",
        )
        .pluck(),
      run: library.prepare<[number], RunRow>('SELECT name, agent, service, models FROM run WHERE id = ?'),
      stepNames: library
        .prepare<[number], string>('SELECT text FROM dict WHERE id IN (SELECT name FROM step WHERE run = ?) LIMIT 2000')
        .pluck(),
    };
  }

  follow(budgetMs: number): Followed {
    const deadline = performance.now() + budgetMs;
    const parts = [
      () => this.joinedRuns(),
      () => this.runs(),
      () => this.spans(),
      () => this.logs(),
      () => this.contentPieces(),
    ];
    let followed = 0;
    for (const part of parts) {
      for (;;) {
        const { documents, more } = this.index.transaction(part).immediate();
        followed += documents;
        if (performance.now() > deadline && more) return { followed, remaining: true };
        if (!more) break;
      }
      // However small the budget: a slice that wrote nothing goes on.
      if (performance.now() > deadline && followed > 0 && part !== parts.at(-1)) return { followed, remaining: true };
    }
    return { followed, remaining: false };
  }

  private contentPieces(): Batch {
    return this.numbered('content', lastItem(this.library, 'content_block'), (id) => {
      const bytes = this.contents.item(id);
      const text = bytes.length === 0 ? '' : contentText(bytes);
      if (text !== '') this.statements.content.insert.run(id, charactersApart(text));
    });
  }

  /** What was indexed of a run that is part of another now, under its new numbers. Where that run has been joined too, a later row brings it. */
  private joinedRuns(): Batch {
    const row = this.librarySources.joined.get(readProgress(this.index, 'joined'));
    if (!row) return { documents: 0, more: false };
    const { id, merged, run, first_seq: first, spans } = row;
    this.statements.run.remove.run(merged);
    this.statements.forgetTools.run(merged);
    for (const move of this.statements.moved) move.run(run, first, merged);
    for (let seq = 0; seq < Math.min(spans, spansPerRun); seq++)
      this.statements.span.remove.run(merged * spansPerRun + seq);
    for (const { seq, payload } of this.librarySources.spansBetween.all(
      run,
      first,
      Math.min(first + spans, spansPerRun),
    )) {
      this.replace(this.statements.span, run * spansPerRun + seq, spanText(this.payloads.item(payload)));
    }
    writeProgress(this.index, 'joined', id);
    return { documents: spans, more: true };
  }

  /** A span that was sent again has a newer payload: the later text replaces the earlier one. */
  private spans(): Batch {
    return this.numbered('payload', lastItem(this.library, 'payload_block'), (id) => {
      const payload = this.payloads.item(id);
      // What was cleared has no bytes.
      if (payload.length === 0 || isLogPayload(payload)) return;
      const { traceId, spanId } = spanIdentity(payload);
      const row = this.librarySources.span.get(Buffer.from(traceId, 'hex'), Buffer.from(spanId, 'hex'));
      if (!row || row.seq >= spansPerRun) return;
      this.replace(this.statements.span, row.run * spansPerRun + row.seq, spanText(payload));
      this.hold(row.run, row.seq, payload);
    });
  }

  private logs(): Batch {
    const rows = this.librarySources.logs.all(readProgress(this.index, 'log'), documentsPerCommit);
    for (const { id, run, payload } of rows) {
      const bytes = this.payloads.item(payload);
      this.replace(this.statements.log, id, logText(bytes));
      if (run !== null) this.hold(run, -id, bytes);
    }
    return this.reached('log', rows.at(-1)?.id, rows.length);
  }

  private runs(): Batch {
    const changes = changedRuns(this.library, readProgress(this.index, 'revision'), documentsPerCommit);
    for (const { run, gone } of changes) {
      const row = gone ? undefined : this.librarySources.run.get(run);
      const names = row
        ? [row.name, row.agent, row.service, row.models, ...this.librarySources.stepNames.all(run)]
        : [];
      this.replace(this.statements.run, run, names.filter((name) => name !== null).join('\n'));
      this.statements.forgetTools.run(run);
      if (row) for (const name of this.librarySources.tools.all(run)) this.statements.tool.run(run, name);
    }
    return this.reached('revision', changes.at(-1)?.revision, changes.length);
  }

  /** Where contents come again: those that this span or log did not bring, and what it holds of sequences. */
  private hold(run: number, place: number, payload: Buffer): void {
    this.statements.forgetMentions.run(run, place);
    this.statements.forgetHeld.run(run, place);
    const { contents, ranges } = heldContents(payload);
    for (const content of contents) {
      const origin = this.librarySources.origin.get(content);
      const isOwn = place < 0 ? origin?.log === -place : origin?.run === run && origin.seq === place;
      if (!isOwn) this.statements.mention.run(run, place, content);
    }
    for (const { sequence, start, length } of ranges)
      this.statements.hold.run(run, place, sequence, start, start + length);
  }

  private numbered(name: 'content' | 'payload', last: number, document: (id: number) => void): Batch {
    const from = readProgress(this.index, name) + 1;
    const until = performance.now() + commitAfterMs;
    let id = from;
    for (; id <= last && id < from + documentsPerCommit; id++) {
      document(id);
      if (performance.now() > until) {
        id++;
        break;
      }
    }
    if (id > from) writeProgress(this.index, name, id - 1);
    return { documents: id - from, more: id <= last };
  }

  private reached(name: ProgressName, last: number | undefined, documents: number): Batch {
    if (last !== undefined) writeProgress(this.index, name, last);
    return { documents, more: documents === documentsPerCommit };
  }

  private replace(
    table: {
      readonly remove: { run(id: number): unknown };
      readonly insert: { run(id: number, text: string): unknown };
    },
    id: number,
    text: string,
  ): void {
    table.remove.run(id);
    if (text !== '') table.insert.run(id, charactersApart(text));
  }
}

interface Batch {
  readonly documents: number;
  readonly more: boolean;
}
