import { assertNever } from '../../../../shared/model/assert-never.ts';
import { attributeOf } from '../../../../shared/model/costs.ts';
import type { CallTimes, CostBy, CostDimension, CostFigures, CostSort } from '../../../../shared/model/costs.ts';
import { addCallTimes, callTimeAt, callTimesText } from '../call-times.ts';
import type { ReadableDatabase } from '../database.ts';
import { noDay, spendFigures } from '../spend.ts';
import type { SpendFigure } from '../spend.ts';
import { allRows, firstRow, joinSql, sql, sqlName } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';

/** Calls of which the value is not known. No text has this number. */
export const noValue = -1;

/** Sums that are kept, as `s`, and what their rows are grouped by. */
export interface GroupSource {
  readonly from: SqlQuery;
  readonly key: SqlQuery;
  /** What the key is: a number of `dict`, a day, or a run. */
  readonly kind: 'dict' | 'day' | 'run';
  /** Calls without a value have no rows: they are all calls without those that have one. */
  readonly isPart: boolean;
}

export type FiguresRow = Readonly<Record<SpendFigure, number | null>>;
export type TimedRow = FiguresRow & { readonly times: string | null };
export type GroupRow = TimedRow & { readonly key: number };

export interface GroupOrder {
  readonly limit: number;
  readonly sort: CostSort;
  readonly descending: boolean;
}

/** The runs' own rows in a narrow index: they are as many as the runs, and most looks at all of them need no more. */
export const narrowSpend = sqlName('spend AS s INDEXED BY spend_by_run');
const narrowFigures: ReadonlySet<SpendFigure> = new Set(['attempts', 'priced', 'cost_nano_usd']);

const numberOf = (text: string): SqlQuery => sql`(SELECT id FROM dict WHERE text = ${text})`;
const valuesOf = (dimension: string): SqlQuery =>
  sql`(SELECT * FROM value_rollup WHERE dimension = ${numberOf(dimension)}) AS s`;

export function sourceOf(by: CostBy): GroupSource {
  return attributeOf(by) === undefined
    ? sourceOfDimension(by as CostDimension)
    : { from: valuesOf(by), key: sqlName('s.value'), kind: 'dict', isPart: true };
}

function sourceOfDimension(by: CostDimension): GroupSource {
  const ofCalls = (column: string, kind: GroupSource['kind'] = 'dict'): GroupSource => ({
    from: sqlName('rollup AS s'),
    key: sqlName(`s.${column}`),
    kind,
    isPart: false,
  });
  switch (by) {
    case 'day':
      return ofCalls('day', 'day');
    case 'tool':
      return ofCalls('tools');
    case 'model':
    case 'provider':
    case 'tier':
    case 'agent':
    case 'step':
      return ofCalls(by);
    case 'run':
      return { from: sqlName('spend AS s'), key: sqlName('s.run'), kind: 'run', isPart: false };
    case 'conversation':
    case 'service':
    case 'environment':
    case 'user':
    case 'status':
      return { from: valuesOf(by), key: sqlName('s.value'), kind: 'dict', isPart: false };
    default:
      return assertNever(by);
  }
}

export const sumsOf = (names: readonly SpendFigure[]): SqlQuery =>
  joinSql(
    names.map((name) => sqlName(`sum(s.${name}) AS ${name}`)),
    ', ',
  );
const allSums = sql`${sumsOf(spendFigures)}, time_sums(s.times) AS times`;

export function totalOf(database: ReadableDatabase, where: SqlQuery): TimedRow | undefined {
  addTimeFunctions(database);
  return firstRow<TimedRow>(database, sql`SELECT ${allSums} FROM rollup AS s WHERE ${where}`);
}

/**
 * The first groups in an order, and how many there are. They are put in order by as few columns as it takes, and only those that are
 * shown are added up whole: adding up the times of a million calls takes longer than all else.
 */
export function groupsOf(
  database: ReadableDatabase,
  source: GroupSource,
  where: SqlQuery,
  order: GroupOrder,
  total: TimedRow | undefined,
): { readonly rows: readonly GroupRow[]; readonly count: number } {
  const { sort, limit } = order;
  const byTime = sort === 'p50' || sort === 'p95';
  const names = ['attempts', 'priced', 'cost_nano_usd', ...columnsFor(sort)] as const;
  const sums = sumsOf(names);
  const from =
    source.kind === 'run' && !byTime && names.every((name) => narrowFigures.has(name)) ? narrowSpend : source.from;
  const added = sql`${sums}, ${byTime ? sql`time_sums(s.times)` : sql`NULL`} AS times`;
  const known = sql`SELECT ${source.key} AS key, ${added} FROM ${from} WHERE ${where} GROUP BY 1`;
  const rest = joinSql(
    names.map((name) => sqlName(`t.${name} - ifnull(k.${name}, 0)`)),
    ', ',
  );
  const unknown = sql`SELECT ${noValue}, ${rest}, ${byTime ? sql`time_less(t.times, k.times)` : sql`NULL`} FROM (SELECT ${added} FROM rollup AS s WHERE ${where}) AS t, (SELECT ${added} FROM ${source.from} WHERE ${where}) AS k WHERE t.attempts > ifnull(k.attempts, 0)`;
  const ranked = allRows<{ readonly key: number; readonly groups: number }>(
    database,
    sql`SELECT key, count(*) OVER () AS groups FROM (${source.isPart ? sql`${known} UNION ALL ${unknown}` : known}) ORDER BY ${orderOf(order, source)} LIMIT ${limit}`,
  );
  const shown = JSON.stringify(ranked.map(({ key }) => key));
  const rows = new Map(
    allRows<GroupRow>(
      database,
      sql`SELECT ${source.key} AS key, ${allSums} FROM ${source.from} WHERE ${source.key} IN (SELECT value FROM json_each(${shown})) AND ${where} GROUP BY 1`,
    ).map((row) => [row.key, row]),
  );
  return {
    rows: ranked.flatMap(({ key }) => {
      const row = key === noValue && source.isPart ? withoutValue(database, source, where, total) : rows.get(key);
      return row === undefined ? [] : [row];
    }),
    count: ranked[0]?.groups ?? 0,
  };
}

function withoutValue(
  database: ReadableDatabase,
  source: GroupSource,
  where: SqlQuery,
  total: TimedRow | undefined,
): GroupRow | undefined {
  const known = firstRow<TimedRow>(database, sql`SELECT ${allSums} FROM ${source.from} WHERE ${where}`);
  if (total === undefined || known === undefined) return undefined;
  const figures = Object.fromEntries(
    spendFigures.map((name) => [name, (total[name] ?? 0) - (known[name] ?? 0)]),
  ) as Record<SpendFigure, number>;
  return { ...figures, times: timesLess(total.times, known.times), key: noValue };
}

/** What each of these groups spent on each day, by its place among them. */
export function daysOfGroups(
  database: ReadableDatabase,
  source: GroupSource,
  where: SqlQuery,
  keys: readonly number[],
): readonly { readonly day: number; readonly place: number; readonly nano: number }[] {
  const rows = allRows<{ readonly day: number; readonly key: number; readonly nano: number }>(
    database,
    sql`SELECT s.day AS day, ${source.key} AS key, sum(s.cost_nano_usd) AS nano FROM ${source.from} WHERE ${where} AND ${source.key} IN (SELECT value FROM json_each(${JSON.stringify(keys)})) GROUP BY 1, 2`,
  ).map(({ day, key, nano }) => ({ day, place: keys.indexOf(key), nano }));
  const place = source.isPart ? keys.indexOf(noValue) : -1;
  if (place < 0) return rows;
  const without = new Map(daysOf(database, sqlName('rollup AS s'), where).map(({ day, nano }) => [day, nano]));
  for (const { day, nano } of daysOf(database, source.from, where)) without.set(day, (without.get(day) ?? 0) - nano);
  return [...rows, ...[...without].map(([day, nano]) => ({ day, place, nano }))];
}

export function daysOf(
  database: ReadableDatabase,
  from: SqlQuery,
  where: SqlQuery,
): readonly { readonly day: number; readonly nano: number }[] {
  return allRows(
    database,
    sql`SELECT s.day AS day, sum(s.cost_nano_usd) AS nano FROM ${from} WHERE ${where} GROUP BY 1 ORDER BY 1`,
  );
}

/** What is not known comes last either way; the dearest first among equals. */
function orderOf({ sort, descending }: GroupOrder, { kind }: GroupSource): SqlQuery {
  const value = sqlName(sortedBy(sort, kind));
  const way = sqlName(descending ? 'DESC' : 'ASC');
  return sql`${value} IS NULL, ${value} ${way}, cost_nano_usd DESC, attempts DESC, key`;
}

function columnsFor(sort: CostSort): readonly SpendFigure[] {
  switch (sort) {
    case 'input':
    case 'output':
    case 'failed':
      return [sort];
    case 'cached':
      return ['cache_read', 'input'];
    case 'name':
    case 'calls':
    case 'p50':
    case 'p95':
    case 'cost':
      return [];
    default:
      return assertNever(sort);
  }
}

function sortedBy(sort: CostSort, kind: GroupSource['kind']): string {
  switch (sort) {
    case 'name':
      return kind === 'day'
        ? `nullif(key, ${noDay})`
        : kind === 'run'
          ? '(SELECT name FROM run WHERE id = key) COLLATE NOCASE'
          : "(SELECT nullif(text, '') FROM dict WHERE id = key) COLLATE NOCASE";
    case 'calls':
      return 'attempts';
    case 'input':
      return 'input';
    case 'cached':
      return 'cache_read * 1.0 / nullif(input, 0)';
    case 'output':
      return 'output';
    case 'p50':
      return 'time_at(times, 0.5)';
    case 'p95':
      return 'time_at(times, 0.95)';
    case 'failed':
      return 'failed * 1.0 / attempts';
    case 'cost':
      return 'iif(priced > 0, cost_nano_usd, NULL)';
    default:
      return assertNever(sort);
  }
}

const withTimes = new WeakSet<ReadableDatabase>();

/** Sums of the lengths of calls, and what a share of them does not exceed, for SQL. */
function addTimeFunctions(database: ReadableDatabase): void {
  if (withTimes.has(database)) return;
  withTimes.add(database);
  database.aggregate('time_sums', {
    start: () => new Map<number, number>(),
    step: (sum: Map<number, number>, text: unknown) => (typeof text === 'string' ? addCallTimes(sum, text) : sum),
    result: callTimesText,
    deterministic: true,
  });
  database.function('time_less', { deterministic: true }, timesLess);
  database.function('time_at', { deterministic: true }, (text: unknown, share: unknown) =>
    typeof text === 'string' ? (callTimeAt(addCallTimes(new Map(), text), Number(share)) ?? null) : null,
  );
}

function timesLess(all: unknown, part: unknown): string {
  const times = addCallTimes(new Map(), typeof all === 'string' ? all : '');
  return callTimesText(typeof part === 'string' ? addCallTimes(times, part, -1) : times);
}

export function timesOf(row: { readonly times: string | null } | undefined): CallTimes {
  const times = addCallTimes(new Map(), row?.times ?? '');
  const [p50Ms, p95Ms] = [callTimeAt(times, 0.5), callTimeAt(times, 0.95)];
  return { ...(p50Ms === undefined ? {} : { p50Ms }), ...(p95Ms === undefined ? {} : { p95Ms }) };
}

export function figuresOf(row: FiguresRow | undefined): CostFigures {
  const figure = (name: SpendFigure): number => row?.[name] ?? 0;
  return {
    attempts: figure('attempts'),
    calls: figure('calls'),
    failed: figure('failed'),
    priced: figure('priced'),
    unpriced: figure('unpriced'),
    input: figure('input'),
    output: figure('output'),
    cacheRead: figure('cache_read'),
    cacheWrite: figure('cache_write'),
    cacheWrite1h: figure('cache_write_1h'),
    reasoning: figure('reasoning'),
    costNanoUsd: figure('cost_nano_usd'),
    uncachedNanoUsd: figure('uncached_nano_usd'),
    resent: figure('resent'),
    resentNanoUsd: figure('resent_nano_usd'),
    sparedNanoUsd: figure('spared_nano_usd'),
    durationMs: figure('duration_us') / 1_000,
  };
}
