import type { LibraryReader } from '../reader.ts';
import { firstRow, sql } from '../sql.ts';

export interface BeyondKeeping {
  readonly maximumAgeDays?: number | undefined;
  readonly maximumRuns?: number | undefined;
  /** Of what is left by the two, so many of the oldest besides. */
  readonly oldest: number;
}

const microsecondsPerDay = 86_400_000_000;

/** How many runs keeping/run-remover.ts would remove now, by the same rules: never a pinned one, nor one that goes on. */
export function countBeyond(
  { database }: LibraryReader,
  { maximumAgeDays, maximumRuns, oldest }: BeyondKeeping,
  nowMs: number,
): number {
  const removable = sql`assembled = 1 AND pinned = 0 AND status <> 'running'`;
  const before = maximumAgeDays === undefined ? 0 : nowMs * 1_000 - maximumAgeDays * microsecondsPerDay;
  const kept = maximumRuns ?? Number.MAX_SAFE_INTEGER;
  const row = firstRow<{ readonly removable: number; readonly beyond: number | null }>(
    database,
    sql`SELECT count(*) AS removable, sum(start_us < ${before} OR newer >= ${kept}) AS beyond FROM (
      SELECT start_us, assembled, pinned, status, row_number() OVER (ORDER BY start_us DESC, id DESC) - 1 AS newer FROM run WHERE assembled = 1
    ) WHERE ${removable}`,
  );
  return Math.min(row?.removable ?? 0, (row?.beyond ?? 0) + oldest);
}
