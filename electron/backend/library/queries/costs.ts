import type { CostsRequest } from '../../../../shared/contract.ts';
import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { CostDimension, CostFigures, CostFilter, CostGroup, Costs } from '../../../../shared/model/costs.ts';
import type { ReadableDatabase } from '../database.ts';
import type { DictReader } from '../dict.ts';
import type { LibraryReader } from '../reader.ts';
import { noDay, spendFigures } from '../spend.ts';
import type { SpendFigure } from '../spend.ts';
import { allRows, firstRow, joinSql, snapshot, sql, sqlName } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';

/** Groups with a colour of their own in the chart. */
const chartSeries = 5;
/** More days than this are drawn by weeks. */
const mostDailyBars = 120;

/** Spend by one dimension. The groups and the rest add up to the total exactly. */
export function readCosts({ database, dict }: LibraryReader, { by, filter, limit }: CostsRequest): Costs {
  return snapshot(database, () => {
    const last = today();
    const first = filter.days === undefined ? undefined : last - filter.days + 1;
    const source = sourceOf(by);
    const where = conditions(filter, first, undefined);
    const rows = allRows<GroupRow>(
      database,
      sql`SELECT *, count(*) OVER () AS groups FROM (SELECT ${source.key} AS key, ${sums} FROM ${source.from} AS s WHERE ${where} GROUP BY 1) ORDER BY cost_nano_usd DESC, attempts DESC, key LIMIT ${limit}`,
    );
    const total = firstRow<FiguresRow>(database, sql`SELECT ${sums} FROM rollup AS s WHERE ${where}`);
    const groups = rows.map((row): CostGroup => ({ ...keyOf(row.key, source, dict), figures: figuresOf(row) }));
    const totalFigures = figuresOf(total);
    const beyond = (rows[0]?.groups ?? 0) - groups.length;
    return {
      total: totalFigures,
      ...(first === undefined || filter.days === undefined
        ? {}
        : { previousNanoUsd: spentIn(database, conditions(filter, first - filter.days, first)) }),
      groups: source.kind === 'run' ? withNames(database, groups) : groups,
      ...(beyond <= 0
        ? {}
        : {
            rest: {
              groups: beyond,
              figures: difference(
                totalFigures,
                groups.map(({ figures }) => figures),
              ),
            },
          }),
      chart: chartOf(database, source, rows, where, first === undefined ? undefined : { first, last }),
      runs: runFigures(database, where),
    };
  });
}

/** What the calls that a filter chooses spent, by model, provider and tier. */
export function readSpend({ database, dict }: LibraryReader, filter: CostFilter): readonly ModelSpend[] {
  return allRows<NamedRow>(
    database,
    sql`SELECT s.model AS model, s.provider AS provider, s.tier AS tier, ${sums} FROM rollup AS s WHERE ${chosenSpend(filter)} GROUP BY 1, 2, 3 ORDER BY attempts DESC`,
  ).map((row) => modelSpend(row, dict));
}

interface ModelSpend {
  readonly model: string;
  readonly provider: string;
  readonly tier: string;
  readonly figures: CostFigures;
}

/** The same, by day and agent too, in the order of the days. `day` is absent where the file of a run has no times. */
export interface SpendRow extends ModelSpend {
  readonly day: string | undefined;
  readonly agent: string;
}

export function readSpendRows({ database, dict }: LibraryReader, filter: CostFilter): readonly SpendRow[] {
  return allRows<NamedRow & { readonly day: number; readonly agent: number }>(
    database,
    sql`SELECT s.day AS day, s.model AS model, s.provider AS provider, s.tier AS tier, s.agent AS agent, ${sums} FROM rollup AS s WHERE ${chosenSpend(filter)} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, cost_nano_usd DESC, attempts DESC`,
  ).map((row) => ({ ...modelSpend(row, dict), day: isoDay(row.day), agent: dict.text(row.agent) }));
}

type NamedRow = FiguresRow & { readonly model: number; readonly provider: number; readonly tier: number };

function modelSpend(row: NamedRow, dict: DictReader): ModelSpend {
  return {
    model: dict.text(row.model),
    provider: dict.text(row.provider),
    tier: dict.text(row.tier),
    figures: figuresOf(row),
  };
}

/** Today is a day of UTC, as those of the calls. */
const today = (): number => Math.floor(Date.now() / 86_400_000);

/** Of `spend` or `rollup` as `s`: the rows that a filter chooses. */
export function chosenSpend(filter: CostFilter): SqlQuery {
  return conditions(filter, filter.days === undefined ? undefined : today() - filter.days + 1, undefined);
}

type FiguresRow = Readonly<Record<SpendFigure, number | null>>;
type GroupRow = FiguresRow & { readonly key: number; readonly groups: number };

const sums = joinSql(
  spendFigures.map((name) => sqlName(`sum(s.${name}) AS ${name}`)),
  ', ',
);

interface Source {
  readonly from: SqlQuery;
  readonly key: SqlQuery;
  /** What the key is: a number of `dict`, a day, or a run. */
  readonly kind: 'dict' | 'day' | 'run';
}

/** The rollup where it knows the dimension; the runs' own rows cost more to add up, by how many runs there are. */
function sourceOf(by: CostDimension): Source {
  const source = (from: 'rollup' | 'spend', column: string, kind: Source['kind'] = 'dict'): Source => ({
    from: sqlName(from),
    key: sqlName(`s.${column}`),
    kind,
  });
  switch (by) {
    case 'day':
      return source('rollup', 'day', 'day');
    case 'tool':
      return source('rollup', 'tools');
    case 'model':
    case 'provider':
    case 'tier':
    case 'agent':
    case 'step':
      return source('rollup', by);
    case 'run':
      return source('spend', 'run', 'run');
    case 'conversation':
    case 'service':
    case 'environment':
    case 'user':
    case 'status':
      return source('spend', by);
    default:
      return assertNever(by);
  }
}

/** `from` and `to` (not included) are days since 1970. */
function conditions({ agents, models }: CostFilter, from: number | undefined, to: number | undefined): SqlQuery {
  const among = (column: string, texts: readonly string[]): SqlQuery =>
    sql`${sqlName(column)} IN (SELECT id FROM dict WHERE text IN (SELECT value FROM json_each(${JSON.stringify(texts)})))`;
  return joinSql(
    [
      sql`1 = 1`,
      ...(from === undefined ? [] : [sql`s.day >= ${from}`]),
      ...(to === undefined ? [] : [sql`s.day < ${to}`]),
      ...(agents?.length ? [among('s.agent', agents)] : []),
      ...(models?.length ? [among('s.model', models)] : []),
    ],
    ' AND ',
  );
}

function spentIn(database: ReadableDatabase, where: SqlQuery): number {
  return (
    firstRow<{ readonly nano: number | null }>(
      database,
      sql`SELECT sum(s.cost_nano_usd) AS nano FROM rollup AS s WHERE ${where}`,
    )?.nano ?? 0
  );
}

function figuresOf(row: FiguresRow | undefined): CostFigures {
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

function difference(total: CostFigures, parts: readonly CostFigures[]): CostFigures {
  const rest = { ...total };
  for (const part of parts) for (const name of Object.keys(rest) as (keyof CostFigures)[]) rest[name] -= part[name];
  return rest;
}

function keyOf(key: number, { kind }: Source, dict: DictReader): { readonly key?: string } {
  const value = kind === 'dict' ? dict.text(key) : kind === 'day' ? isoDay(key) : String(key);
  return value === undefined || value === '' ? {} : { key: value };
}

function isoDay(day: number): string | undefined {
  return day === noDay ? undefined : new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** Runs under their ids and names, in place of their numbers. */
function withNames(database: ReadableDatabase, groups: readonly CostGroup[]): CostGroup[] {
  const numbers = groups.map(({ key }) => Number(key));
  const runs = new Map(
    allRows<{ readonly id: number; readonly run_id: string; readonly name: string }>(
      database,
      sql`SELECT id, run_id, name FROM run WHERE id IN (SELECT value FROM json_each(${JSON.stringify(numbers)}))`,
    ).map((run) => [run.id, run]),
  );
  return groups.map((group) => {
    const run = runs.get(Number(group.key));
    return run === undefined ? group : { ...group, key: run.run_id, name: run.name };
  });
}

/** What has no day stands in no bar. */
function chartOf(
  database: ReadableDatabase,
  source: Source,
  dearest: readonly GroupRow[],
  where: SqlQuery,
  asked: { readonly first: number; readonly last: number } | undefined,
): Costs['chart'] {
  const keys = source.kind === 'day' ? [] : dearest.slice(0, chartSeries).map(({ key }) => key);
  const place = joinSql(
    [
      sql`CASE`,
      ...keys.map((key, at) => sql`WHEN ${source.key} IS ${key} THEN ${sqlName(String(at))}`),
      sql`ELSE ${sqlName(String(keys.length))} END`,
    ],
    ' ',
  );
  const rows = allRows<{ readonly day: number; readonly place: number; readonly nano: number }>(
    database,
    sql`SELECT s.day AS day, ${keys.length === 0 ? sql`0` : place} AS place, sum(s.cost_nano_usd) AS nano FROM ${source.from} AS s WHERE ${where} AND s.day > ${noDay} GROUP BY 1, 2 ORDER BY 1`,
  );
  const first = asked?.first ?? rows[0]?.day;
  const last = asked?.last ?? rows.at(-1)?.day;
  const series = keys.map((_, at) => at);
  if (first === undefined || last === undefined) return { daysPerBar: 1, series, bars: [] };
  const daysPerBar = last - first >= mostDailyBars ? 7 : 1;
  const bars = Array.from({ length: Math.floor((last - first) / daysPerBar) + 1 }, (_, at) => ({
    day: isoDay(first + at * daysPerBar) ?? '',
    parts: Array.from({ length: keys.length + 1 }, () => 0),
  }));
  for (const { day, place: at, nano } of rows) {
    const parts = bars[Math.floor((day - first) / daysPerBar)]?.parts;
    if (parts) parts[at] = (parts[at] ?? 0) + nano;
  }
  return { daysPerBar, series, bars };
}

function runFigures(database: ReadableDatabase, where: SqlQuery): Costs['runs'] {
  const costs = allRows<{ readonly nano: number }>(
    database,
    sql`SELECT sum(s.cost_nano_usd) AS nano FROM spend AS s WHERE ${where} GROUP BY s.run HAVING sum(s.priced) > 0 ORDER BY 1`,
  );
  const at = (share: number) => costs[Math.max(0, Math.ceil(costs.length * share) - 1)]?.nano;
  const failed = firstRow<{ readonly runs: number; readonly nano: number | null }>(
    database,
    sql`SELECT count(DISTINCT s.run) AS runs, sum(s.cost_nano_usd) AS nano FROM spend AS s WHERE s.status = (SELECT id FROM dict WHERE text = 'error') AND ${where}`,
  );
  const median = at(0.5);
  const p95 = at(0.95);
  return {
    count: costs.length,
    ...(median === undefined ? {} : { medianNanoUsd: median }),
    ...(p95 === undefined ? {} : { p95NanoUsd: p95 }),
    failed: failed?.runs ?? 0,
    failedNanoUsd: failed?.nano ?? 0,
  };
}
