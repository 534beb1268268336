import type { WritableDatabase } from './database.ts';
import { RunLabelWriter } from './keeping/run-labels.ts';
import type { RollupWriter } from './rollup.ts';
import { nothingSpent } from './spend.ts';
import { mustChange } from './sql.ts';
import { deleteChunksOfRun } from './step-chunks.ts';

/** Makes one run of two, inside the open transaction. */
export class RunJoiner {
  private readonly statements;
  private readonly rollup: RollupWriter;
  private readonly labels: RunLabelWriter;

  constructor(database: WritableDatabase, rollup: RollupWriter) {
    this.rollup = rollup;
    this.labels = new RunLabelWriter(database);
    this.statements = prepareStatements(database);
  }

  /**
   * All that belongs to `from` becomes part of `into`, its spans after those that are there. What was assembled of `from` goes, and its
   * share of the spend: `into` is marked for assembly. False, and nothing is done, when spans of both have the same id: they are two runs.
   */
  join(from: number, into: number): boolean {
    const { statements } = this;
    if (statements.sharedSpan.get(from, into) !== undefined) return false;
    const source = statements.size.get(from);
    const target = statements.size.get(into);
    if (!source || !target) throw new Error(`Runs ${from} and ${into} are to be one, but are not in the library`);
    statements.moveSpans.run(into, target.spans, from);
    statements.moveLogs.run(into, from);
    statements.moveOrigins.run(into, target.spans, from);
    statements.moveSequences.run(into, from);
    statements.moveTraces.run(into, from);
    statements.moveChildren.run(target.run_id, source.run_id);
    statements.moveRecording.run(target.run_id, source.run_id);
    statements.moveExchanges.run(target.run_id, source.run_id);
    this.rollup.replace(from, nothingSpent);
    this.labels.join(from, into);
    for (const clear of statements.clear) clear.run(from);
    mustChange(statements.emptyRun.run(from), 'The run that becomes part of another');
    mustChange(statements.growRun.run(source.spans, source.logs, into), 'The run that takes in another');
    statements.note.run(from, into, target.spans, source.spans);
    return true;
  }
}

interface RunSize {
  readonly run_id: string;
  readonly spans: number;
  readonly logs: number;
}

function prepareStatements(database: WritableDatabase) {
  return {
    size: database.prepare<[number], RunSize>('SELECT run_id, spans, logs FROM run WHERE id = ?'),
    sharedSpan: database
      .prepare<[number, number], number>(
        'SELECT 1 FROM span AS moved JOIN span AS there ON there.span_id = moved.span_id WHERE moved.run = ? AND there.run = ? LIMIT 1',
      )
      .pluck(),
    moveSpans: database.prepare<[number, number, number]>('UPDATE span SET run = ?, seq = seq + ? WHERE run = ?'),
    moveLogs: database.prepare<[number, number]>('UPDATE log SET run = ? WHERE run = ?'),
    moveOrigins: database.prepare<[number, number, number]>(
      'UPDATE content_origin SET run = ?, seq = seq + ? WHERE run = ?',
    ),
    moveSequences: database.prepare<[number, number]>('UPDATE sequence SET run = ? WHERE run = ?'),
    moveTraces: database.prepare<[number, number]>('UPDATE trace SET run = ? WHERE run = ?'),
    moveChildren: database.prepare<[string, string]>('UPDATE run SET parent_run_id = ? WHERE parent_run_id = ?'),
    // A run that was recorded keeps its own recording.
    moveRecording: database.prepare<[string, string]>('UPDATE OR IGNORE recording SET run_id = ? WHERE run_id = ?'),
    moveExchanges: database.prepare<[string, string]>('UPDATE OR IGNORE exchange SET run_id = ? WHERE run_id = ?'),
    clear: [...['step', 'run_model'].map((table) => `DELETE FROM ${table} WHERE run = ?`), deleteChunksOfRun].map(
      (text) => database.prepare<[number]>(text),
    ),
    emptyRun: database.prepare<[number]>(
      "UPDATE run SET revision = (SELECT max(revision) + 1 FROM run), needs_assembly = 0, assembled = 0, spans = 0, logs = 0, status = 'ok', trace_ids = '[]', conversation_id = NULL, parent_run_id = NULL WHERE id = ?",
    ),
    growRun: database.prepare<[number, number, number]>(
      'UPDATE run SET spans = spans + ?, logs = logs + ?, needs_assembly = 1 WHERE id = ?',
    ),
    note: database.prepare<[number, number, number, number]>(
      'INSERT INTO joined_run (merged, run, first_seq, spans) VALUES (?, ?, ?, ?)',
    ),
  };
}
