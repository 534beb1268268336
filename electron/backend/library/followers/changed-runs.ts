import type { RunId } from '../../../../shared/model/units.ts';
import type { ReadableDatabase } from '../database.ts';
import { allRows, sql } from '../sql.ts';

/** A run that is other than it was at an earlier revision. */
export interface ChangedRun {
  /** Its number within the library; never given to another run. */
  readonly run: number;
  readonly runId: RunId;
  /** Rises over the whole library, one for each change. */
  readonly revision: number;
  /** It is no run of its own any more: it was joined into another one, which changes too. */
  readonly gone: boolean;
}

/**
 * The library's own record of changes: whenever a run is assembled, or ceases to be one, its row takes the next revision, in the
 * transaction that changes it. A row is never deleted, so that nobody who follows misses an end.
 */
export function changedRuns(library: ReadableDatabase, after: number, limit: number): readonly ChangedRun[] {
  return allRows<ChangedRow>(
    library,
    sql`SELECT id, run_id, revision, assembled FROM run WHERE revision > ${after} ORDER BY revision LIMIT ${limit}`,
  ).map(asChange);
}

/** The runs of these numbers as they are now. */
export function runsAsChanged(library: ReadableDatabase, runs: readonly number[]): readonly ChangedRun[] {
  return allRows<ChangedRow>(
    library,
    sql`SELECT id, run_id, revision, assembled FROM run WHERE id IN (SELECT value FROM json_each(${JSON.stringify(runs)})) ORDER BY id`,
  ).map(asChange);
}

interface ChangedRow {
  readonly id: number;
  readonly run_id: RunId;
  readonly revision: number;
  readonly assembled: number;
}

const asChange = (row: ChangedRow): ChangedRun => ({
  run: row.id,
  runId: row.run_id,
  revision: row.revision,
  gone: row.assembled === 0,
});
