import type { GroupedRuns, RunGroupsRequest } from '../../../../shared/contract.ts';
import type { LibraryReader } from '../reader.ts';
import { allRows, firstRow, sql, sqlName } from '../sql.ts';
import { families, keyOf } from './run-groups.ts';
import { filterConditions, usageOf } from './run-list.ts';
import type { UsageSums } from './run-list.ts';

/** What groups are sorted by: the same as the runs in them. */
const sortColumns: Readonly<Record<RunGroupsRequest['sort'], string>> = {
  started: 'start_us',
  name: 'label',
  agent: 'label',
  duration: 'duration_us',
  steps: 'steps',
  input: 'input',
  output: 'output',
  cached: 'cached_share',
  cost: 'cost_usd',
  errors: 'errors',
};

interface GroupRow extends UsageSums {
  readonly key: string | number | null;
  readonly label: string | null;
  readonly name: string;
  readonly runs: number;
  readonly start_us: number;
  readonly duration_us: number | null;
  readonly steps: number;
  readonly cost_usd: number | null;
  readonly unpriced: number;
  readonly errors: number;
}

/** The groups of what matches, each with its sums; a figure that no run of a group knows is absent. Runs without what they are grouped by come last. */
export function groupRuns(
  reader: LibraryReader,
  { filter, by, sort, descending, limit }: RunGroupsRequest,
): GroupedRuns {
  const { database } = reader;
  const where = filterConditions(filter, reader);
  const direction = sqlName(descending ? 'DESC' : 'ASC');
  const column = sqlName(sortColumns[sort]);
  // Of several runs SQLite gives the name of the one that `max` is taken from, as long as there is no other `max` or `min` in the query.
  const grouped = sql`
    SELECT ${keyOf(by)} AS key, name, count(*) AS runs, max(start_us) AS start_us, sum(duration_us) AS duration_us, sum(shown_steps) AS steps,
      sum(input) AS input, sum(output) AS output, sum(cache_read) AS cache_read, sum(cache_write) AS cache_write, sum(reasoning) AS reasoning,
      CAST(sum(cache_read) AS REAL) / sum(CASE WHEN cache_read IS NOT NULL THEN input END) AS cached_share,
      sum(cost_usd) AS cost_usd, sum(unpriced_calls) AS unpriced, sum(errors) AS errors FROM run WHERE ${where} GROUP BY 1`;
  const withs = by === 'takes' ? sql`WITH ${families}, grouped AS (${grouped})` : sql`WITH grouped AS (${grouped})`;
  const label =
    by === 'takes' ? sqlName('(SELECT root.name FROM run AS root WHERE root.id = grouped.key)') : sqlName('key');
  const key =
    by === 'takes' ? sqlName('(SELECT root.run_id FROM run AS root WHERE root.id = grouped.key)') : sqlName('key');
  const rows = allRows<GroupRow>(
    database,
    sql`${withs} SELECT *, ${key} AS key, ${label} AS label FROM grouped ORDER BY grouped.key IS NULL, ${column} IS NULL, ${column} ${direction}, grouped.key ${direction} LIMIT ${limit}`,
  );
  const all =
    rows.length < limit
      ? rows.length
      : (firstRow<{ readonly n: number }>(database, sql`${withs} SELECT count(*) AS n FROM grouped`)?.n ?? rows.length);
  return {
    groups: rows.map((row) => ({
      ...(row.key === null ? {} : { key: String(row.key) }),
      ...(row.label === null ? {} : { label: row.label }),
      newestName: row.name,
      runs: row.runs,
      steps: row.steps,
      usage: usageOf(row),
      ...(row.cost_usd === null ? {} : { costUsd: row.cost_usd }),
      unpricedCalls: row.unpriced,
      errors: row.errors,
      ...(row.duration_us === null ? {} : { durationMs: row.duration_us / 1_000 }),
      startedAt: row.start_us / 1_000,
    })),
    more: all - rows.length,
  };
}
