import { cleanLine, cleanNote, longestName, longestTag, mostTags } from '../../../../shared/model/run-labels.ts';
import type { LabelChange, RunLabels } from '../../../../shared/model/run-labels.ts';
import { runId as asRunId } from '../../../../shared/model/units.ts';
import type { RunId, TraceId } from '../../../../shared/model/units.ts';
import type { WritableDatabase } from '../database.ts';

interface LabelRow {
  readonly id: number;
  readonly run_id: string;
  readonly given_name: string | null;
  readonly note: string | null;
  readonly tags: string;
  readonly pinned: number;
  readonly labels_from: number;
}

/** Values of `labels_from`. */
export const labelsCameWithFile = 1;
export const labelsSetHere = 2;

/** Keeps what a person says of runs, inside the library's transactions. */
export class RunLabelWriter {
  private readonly statements;

  constructor(database: WritableDatabase) {
    this.statements = prepareStatements(database);
  }

  /** Gives the runs that are other than before. */
  change(runIds: readonly RunId[], change: LabelChange): readonly RunId[] {
    return runIds.filter((runId) => {
      const row = this.statements.ofRun.get(runId);
      if (row === undefined) return false;
      const removed = new Set((change.removeTags ?? []).map((tag) => cleanLine(tag, longestTag)));
      const before = labelsOf(row);
      const after: RunLabels = {
        name: change.name ?? before.name,
        note: change.note ?? before.note,
        tags: [...before.tags.filter((tag) => !removed.has(tag)), ...(change.addTags ?? [])],
        pinned: before.pinned,
      };
      return this.put(row, after, labelsSetHere);
    });
  }

  /**
   * Labels that came with a file or with a library that was damaged, for the run of that trace, if nobody here has said anything of it yet.
   * Undefined: there is no such run, or it has labels of its own, or these already.
   */
  takeOver(traceId: TraceId, labels: RunLabels, from: 'file' | 'library'): RunId | undefined {
    const row = this.statements.ofTrace.get(Buffer.from(traceId, 'hex'));
    if (row === undefined || row.labels_from === labelsSetHere) return undefined;
    return this.put(row, labels, from === 'file' ? labelsCameWithFile : labelsSetHere)
      ? asRunId(row.run_id)
      : undefined;
  }

  /** `from` becomes part of `into`: nothing that was said of it is lost. */
  join(from: number, into: number): void {
    const [gone, stays] = [this.statements.byNumber.get(from), this.statements.byNumber.get(into)];
    if (gone === undefined || stays === undefined || gone.labels_from + gone.pinned === 0) return;
    const [left, right] = [labelsOf(stays), labelsOf(gone)];
    const notes = [left.note, right.note].filter((note) => note !== undefined);
    this.put(
      stays,
      {
        name: left.name ?? right.name,
        note: [...new Set(notes)].join('\n\n'),
        tags: [...left.tags, ...right.tags],
        pinned: left.pinned || right.pinned,
      },
      Math.max(stays.labels_from, gone.labels_from),
    );
    this.put(gone, { tags: [], pinned: false }, 0);
  }

  private put(row: LabelRow, labels: RunLabels, from: number): boolean {
    const name = cleanLine(labels.name ?? '', longestName) || null;
    const note = cleanNote(labels.note ?? '') || null;
    const tags = [...new Set(labels.tags.map((tag) => cleanLine(tag, longestTag)))].filter((tag) => tag !== '');
    const kept = JSON.stringify(tags.slice(0, mostTags).toSorted());
    const pinned = labels.pinned ? 1 : 0;
    if (name === row.given_name && note === row.note && kept === row.tags && pinned === row.pinned) return false;
    this.statements.write.run({ id: row.id, name, note, tags: kept, pinned, from });
    this.statements.removeTags.run(row.id);
    this.statements.addTags.run(row.id, kept);
    return true;
  }
}

function labelsOf(row: LabelRow): RunLabels {
  return {
    name: row.given_name ?? undefined,
    note: row.note ?? undefined,
    tags: JSON.parse(row.tags) as string[],
    pinned: row.pinned === 1,
  };
}

function prepareStatements(database: WritableDatabase) {
  const columns = 'run.id, run.run_id, run.given_name, run.note, run.tags, run.pinned, run.labels_from';
  return {
    ofRun: database.prepare<[string], LabelRow>(`SELECT ${columns} FROM run WHERE run_id = ? AND assembled = 1`),
    ofTrace: database.prepare<[Buffer], LabelRow>(
      `SELECT ${columns} FROM trace JOIN run ON run.id = trace.run WHERE trace.trace_id = ?`,
    ),
    byNumber: database.prepare<[number], LabelRow>(`SELECT ${columns} FROM run WHERE id = ?`),
    write: database.prepare<
      [
        {
          readonly id: number;
          readonly name: string | null;
          readonly note: string | null;
          readonly tags: string;
          readonly pinned: number;
          readonly from: number;
        },
      ]
    >(
      'UPDATE run SET own_name = coalesce(own_name, name), given_name = @name, name = coalesce(@name, own_name, name), note = @note, tags = @tags, pinned = @pinned, labels_from = @from WHERE id = @id',
    ),
    removeTags: database.prepare<[number]>('DELETE FROM run_tag WHERE run = ?'),
    addTags: database.prepare<[number, string]>('INSERT INTO run_tag (tag, run) SELECT value, ? FROM json_each(?)'),
  };
}
