import { z } from 'zod';
import type { RunDetail, RunSummary } from '../../../shared/contract.ts';
import type { RunFilter } from '../../../shared/location.ts';
import { runId as asRunId } from '../../../shared/model/units.ts';
import type { RunId } from '../../../shared/model/units.ts';
import type { Usage } from '../../../shared/model/usage.ts';
import type { ReadableDatabase } from './database.ts';
import type { RunPage, RunTotals, SortKey } from './library.ts';
import { detailFromRow, ownRunId, runColumns, summaryFromRow } from './run-rows.ts';
import type { RunRow } from './run-rows.ts';
import { allRows, firstRow, joinSql, sql, sqlName } from './sql.ts';
import type { SqlQuery, SqlValue } from './sql.ts';

/** Each has an index (column, id) over the assembled runs. */
const sortColumns: Readonly<Record<SortKey, string>> = {
  started: 'start_us',
  name: 'name',
  agent: 'agent',
  duration: 'duration_us',
  steps: 'steps',
  input: 'input',
  output: 'output',
  cached: 'cached_share',
  cost: 'cost_usd',
  errors: 'errors',
};

/** Runs (internal numbers) whose content holds a text; undefined where there is no index. */
export type ContentSearch = (text: string) => readonly number[] | undefined;

const cursorSchema = z.tuple([z.union([z.number(), z.string(), z.null()]), z.number().int()]);

/** One page by key, not by offset: page 1,800 of 100,000 runs costs what the first one does. Runs without the figure come last, both ways. */
export function listRuns(
  database: ReadableDatabase,
  filter: RunFilter,
  searchContent: ContentSearch,
  sort: SortKey,
  descending: boolean,
  cursor: string | undefined,
  limit: number,
): RunPage {
  const column = sqlName(sortColumns[sort]);
  const direction = sqlName(descending ? 'DESC' : 'ASC');
  const beyond = sqlName(descending ? '<' : '>');
  const where = filterConditions(filter, searchContent);
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const rows: RunRow[] = [];
  if (after === undefined || after[0] !== null) {
    const page =
      after === undefined ? sql`${column} IS NOT NULL` : sql`(${column}, id) ${beyond} (${after[0]}, ${after[1]})`;
    rows.push(
      ...allRows<RunRow>(
        database,
        sql`SELECT ${runColumns} FROM run WHERE ${where} AND ${page} ORDER BY ${column} ${direction}, id ${direction} LIMIT ${limit}`,
      ),
    );
  }
  if (rows.length < limit) {
    const page =
      after !== undefined && after[0] === null
        ? sql`${column} IS NULL AND id ${beyond} ${after[1]}`
        : sql`${column} IS NULL`;
    rows.push(
      ...allRows<RunRow>(
        database,
        sql`SELECT ${runColumns} FROM run WHERE ${where} AND ${page} ORDER BY id ${direction} LIMIT ${limit - rows.length}`,
      ),
    );
  }
  const last = rows.at(-1);
  if (!last || rows.length < limit) return { runs: rows.map(summaryFromRow), nextCursor: undefined };
  const value =
    firstRow<{ readonly value: SqlValue }>(database, sql`SELECT ${column} AS value FROM run WHERE id = ${last.id}`)
      ?.value ?? null;
  return {
    runs: rows.map(summaryFromRow),
    nextCursor: Buffer.from(JSON.stringify([value, last.id])).toString('base64url'),
  };
}

function readCursor(cursor: string): z.infer<typeof cursorSchema> {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (error) {
    throw new RangeError('The cursor does not come from this list: read it from the beginning', { cause: error });
  }
}

interface TotalsRow {
  readonly runs: number;
  readonly timed: number;
  readonly input: number | null;
  readonly output: number | null;
  readonly cache_read: number | null;
  readonly cache_write: number | null;
  readonly reasoning: number | null;
  readonly cost_usd: number | null;
  readonly unpriced: number | null;
  readonly errors: number | null;
}

export function runTotals(database: ReadableDatabase, filter: RunFilter, searchContent: ContentSearch): RunTotals {
  const where = filterConditions(filter, searchContent);
  const row = firstRow<TotalsRow>(
    database,
    sql`
    SELECT count(*) AS runs, count(duration_us) AS timed, sum(input) AS input, sum(output) AS output, sum(cache_read) AS cache_read, sum(cache_write) AS cache_write,
      sum(reasoning) AS reasoning, sum(cost_usd) AS cost_usd, sum(unpriced_calls) AS unpriced, sum(errors) AS errors FROM run WHERE ${where}`,
  );
  const rank = Math.max(0, Math.ceil((row?.timed ?? 0) * 0.95) - 1);
  const p95 = firstRow<{ readonly duration_us: number }>(
    database,
    sql`SELECT duration_us FROM run WHERE ${where} AND duration_us IS NOT NULL ORDER BY duration_us LIMIT 1 OFFSET ${rank}`,
  );
  return {
    runs: row?.runs ?? 0,
    usage: usageOf(row),
    costUsd: row?.cost_usd ?? undefined,
    unpricedCalls: row?.unpriced ?? 0,
    p95DurationMs: p95 === undefined ? undefined : p95.duration_us / 1_000,
    errors: row?.errors ?? 0,
  };
}

/** A sum over no known figure is unknown. */
function usageOf(row: TotalsRow | undefined): Usage {
  return {
    input: row?.input ?? undefined,
    output: row?.output ?? undefined,
    cacheRead: row?.cache_read ?? undefined,
    cacheWrite: row?.cache_write ?? undefined,
    reasoning: row?.reasoning ?? undefined,
  };
}

export function runFacets(database: ReadableDatabase): {
  readonly agents: readonly string[];
  readonly models: readonly string[];
} {
  return {
    agents: allRows<{ readonly agent: string }>(
      database,
      sql`SELECT DISTINCT agent FROM run WHERE assembled = 1 AND agent IS NOT NULL ORDER BY agent`,
    ).map(({ agent }) => agent),
    models: allRows<{ readonly model: string }>(database, sql`SELECT DISTINCT model FROM run_model ORDER BY model`).map(
      ({ model }) => model,
    ),
  };
}

export function runsById(database: ReadableDatabase, runIds: readonly string[]): readonly RunSummary[] {
  return allRows<RunRow>(
    database,
    sql`SELECT ${runColumns} FROM run WHERE assembled = 1 AND run_id IN (SELECT ${ownRunId(sqlName('value'))} FROM json_each(${JSON.stringify(runIds)}))`,
  ).map(summaryFromRow);
}

export function findRow(database: ReadableDatabase, runId: string): RunRow | undefined {
  return firstRow<RunRow>(
    database,
    sql`SELECT ${runColumns} FROM run WHERE assembled = 1 AND run_id = ${ownRunId(runId)}`,
  );
}

export function findRuns(database: ReadableDatabase, idPrefix: string): readonly RunId[] {
  const prefix = idPrefix.toLowerCase();
  const ofRuns = sql`SELECT run_id FROM run WHERE assembled = 1 AND run_id >= ${prefix} AND run_id < ${`${prefix}\u{10ffff}`}`;
  const ofTraces = sql`SELECT run.run_id FROM trace CROSS JOIN run ON run.id = trace.run WHERE run.assembled = 1 AND trace.trace_id BETWEEN unhex(${prefix.padEnd(32, '0')}) AND unhex(${prefix.padEnd(32, 'f')})`;
  return allRows<{ readonly run_id: string }>(database, sql`${ofRuns} UNION ${ofTraces} ORDER BY run_id LIMIT 10`).map(
    (row) => asRunId(row.run_id),
  );
}

export function runDetail(database: ReadableDatabase, runId: string): RunDetail | undefined {
  const row = findRow(database, runId);
  return row && detailFromRow(row, takeFamily(database, row));
}

const maximumFamily = 10_000;

/** The whole take tree of a run, oldest first. Lineage comes from traces: a circle in it ends the walk. */
function takeFamily(database: ReadableDatabase, run: RunRow): RunDetail['family'] {
  let root = run;
  const seen = new Set([run.run_id]);
  while (root.parent_run_id !== null && !seen.has(root.parent_run_id)) {
    seen.add(root.parent_run_id);
    const parent = findRow(database, root.parent_run_id);
    if (!parent) break;
    root = parent;
  }
  const members = new Map([[root.run_id, root]]);
  for (const member of members.values()) {
    for (const child of allRows<RunRow>(
      database,
      sql`SELECT ${runColumns} FROM run WHERE assembled = 1 AND parent_run_id IN (SELECT lower(hex(trace_id)) FROM trace WHERE run = ${member.id} UNION SELECT ${member.run_id})`,
    )) {
      if (members.size < maximumFamily) members.set(child.run_id, members.get(child.run_id) ?? child);
    }
  }
  return [...members.values()]
    .sort((left, right) => left.start_us - right.start_us || left.id - right.id)
    .map((row) => ({
      id: row.run_id,
      name: row.name,
      status: row.status,
      parentRunId: row.parent_run_id ?? undefined,
      forkStep: row.fork_step ?? undefined,
      startedAt: row.start_us / 1_000,
    }));
}

function filterConditions(filter: RunFilter, searchContent: ContentSearch): SqlQuery {
  const conditions: SqlQuery[] = [sql`assembled = 1`];
  const text = filter.text?.trim();
  if (text) conditions.push(textCondition(text, searchContent(text)));
  // A list that is empty chooses nothing, and so filters nothing.
  if (filter.status?.length)
    conditions.push(sql`status IN (SELECT value FROM json_each(${JSON.stringify(filter.status)}))`);
  if (filter.agents?.length)
    conditions.push(sql`agent IN (SELECT value FROM json_each(${JSON.stringify(filter.agents)}))`);
  if (filter.models?.length)
    conditions.push(
      sql`id IN (SELECT run FROM run_model WHERE model IN (SELECT value FROM json_each(${JSON.stringify(filter.models)})))`,
    );
  if (filter.minCostUsd !== undefined) conditions.push(sql`cost_usd >= ${filter.minCostUsd}`);
  if (filter.minDurationMs !== undefined) conditions.push(sql`duration_us >= ${filter.minDurationMs * 1_000}`);
  if (filter.withinHours !== undefined)
    conditions.push(sql`start_us >= ${(Date.now() - filter.withinHours * 3_600_000) * 1_000}`);
  if (filter.conversationId !== undefined) conditions.push(sql`conversation_id = ${filter.conversationId}`);
  return joinSql(conditions, ' AND ');
}

function textCondition(text: string, contentRuns: readonly number[] | undefined): SqlQuery {
  const pattern = `%${text.replace(/[\\%_]/g, (character) => `\\${character}`)}%`;
  const columns = ['name', 'agent', 'service', 'models', 'conversation_id', 'run_id'];
  const conditions = columns.map((column) => sql`${sqlName(column)} LIKE ${pattern} ESCAPE '\\'`);
  if (contentRuns) conditions.push(sql`id IN (SELECT value FROM json_each(${JSON.stringify(contentRuns)}))`);
  return sql`(${joinSql(conditions, ' OR ')})`;
}
