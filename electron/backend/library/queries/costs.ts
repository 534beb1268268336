import type { CostsRequest } from '../../../../shared/contract.ts';
import { attributeOf } from '../../../../shared/model/costs.ts';
import type { CostFigures, CostFilter, CostGroup, Costs } from '../../../../shared/model/costs.ts';
import type { ReadableDatabase } from '../database.ts';
import type { DictReader } from '../dict.ts';
import type { LibraryReader } from '../reader.ts';
import { noDay, spendFigures } from '../spend.ts';
import { allRows, firstRow, joinSql, snapshot, sql, sqlName } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';
import {
  daysOf,
  daysOfGroups,
  figuresOf,
  groupsOf,
  narrowSpend,
  noValue,
  sourceOf,
  sumsOf,
  timesOf,
  totalOf,
} from './cost-groups.ts';
import type { FiguresRow, GroupRow, GroupSource } from './cost-groups.ts';

const sums = sumsOf(spendFigures);

/** Groups with a colour of their own in the chart. */
const chartSeries = 5;
/** More days than this are drawn by weeks. */
const mostDailyBars = 120;

/** Spend by one dimension or attribute. The groups and the rest add up to the total exactly. */
export function readCosts({ database, dict }: LibraryReader, request: CostsRequest): Costs {
  const { by, filter, limit, sort = 'cost', descending = true } = request;
  return snapshot(database, () => {
    const last = today();
    const first = filter.days === undefined ? undefined : last - filter.days + 1;
    const source = sourceOf(by);
    const where = conditions(filter, first, undefined);
    const total = totalOf(database, where);
    const { rows, count } = groupsOf(database, source, where, { limit, sort, descending }, total);
    const groups = rows.map((row): CostGroup => ({
      ...keyOf(row.key, source, dict),
      figures: figuresOf(row),
      times: timesOf(row),
    }));
    const totalFigures = figuresOf(total);
    const beyond = count - groups.length;
    return {
      total: totalFigures,
      times: timesOf(total),
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

/** Which attributes there are groups by, in the order of their letters: a look at each, however many values it has. */
export function readCostAttributes({ database }: LibraryReader): readonly string[] {
  return allRows<{ readonly text: string }>(
    database,
    sql`WITH RECURSIVE found (dimension) AS (SELECT min(dimension) FROM value_rollup UNION ALL SELECT (SELECT min(dimension) FROM value_rollup WHERE dimension > found.dimension) FROM found WHERE dimension IS NOT NULL)
      SELECT dict.text AS text FROM found JOIN dict ON dict.id = found.dimension ORDER BY 1`,
  ).flatMap(({ text }) => attributeOf(text) ?? []);
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

function difference(total: CostFigures, parts: readonly CostFigures[]): CostFigures {
  const rest = { ...total };
  for (const part of parts) for (const name of Object.keys(rest) as (keyof CostFigures)[]) rest[name] -= part[name];
  return rest;
}

function keyOf(key: number, { kind }: GroupSource, dict: DictReader): { readonly key?: string } {
  const value =
    kind === 'dict' ? (key === noValue ? undefined : dict.text(key)) : kind === 'day' ? isoDay(key) : String(key);
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
  source: GroupSource,
  shown: readonly GroupRow[],
  where: SqlQuery,
  asked: { readonly first: number; readonly last: number } | undefined,
): Costs['chart'] {
  const series = [...shown.entries()]
    .sort(([, left], [, right]) => (right.cost_nano_usd ?? 0) - (left.cost_nano_usd ?? 0))
    .slice(0, source.kind === 'day' ? 0 : chartSeries)
    .map(([at]) => at);
  const keys = series.flatMap((at) => shown[at]?.key ?? []);
  const dated = sql`${where} AND s.day > ${noDay}`;
  const days = daysOf(database, sqlName('rollup AS s'), dated);
  const first = asked?.first ?? days[0]?.day;
  const last = asked?.last ?? days.at(-1)?.day;
  if (first === undefined || last === undefined) return { daysPerBar: 1, series, bars: [] };
  const daysPerBar = last - first >= mostDailyBars ? 7 : 1;
  const bars = Array.from({ length: Math.floor((last - first) / daysPerBar) + 1 }, (_, at) => ({
    day: isoDay(first + at * daysPerBar) ?? '',
    parts: Array.from({ length: keys.length + 1 }, () => 0),
  }));
  const add = (day: number, at: number, nano: number): void => {
    const parts = bars[Math.floor((day - first) / daysPerBar)]?.parts;
    if (parts) parts[at] = (parts[at] ?? 0) + nano;
  };
  // Everything else is what is left of the day.
  for (const { day, nano } of days) add(day, keys.length, nano);
  if (keys.length > 0)
    for (const { day, place, nano } of daysOfGroups(database, source, dated, keys)) {
      add(day, place, nano);
      add(day, keys.length, -nano);
    }
  return { daysPerBar, series, bars };
}

function runFigures(database: ReadableDatabase, where: SqlQuery): Costs['runs'] {
  const costs = allRows<{ readonly nano: number }>(
    database,
    sql`SELECT sum(s.cost_nano_usd) AS nano FROM ${narrowSpend} WHERE ${where} GROUP BY s.run HAVING sum(s.priced) > 0 ORDER BY 1`,
  );
  const at = (share: number) => costs[Math.max(0, Math.ceil(costs.length * share) - 1)]?.nano;
  const failed = firstRow<{ readonly runs: number; readonly nano: number | null }>(
    database,
    sql`SELECT count(DISTINCT s.run) AS runs, sum(s.cost_nano_usd) AS nano FROM ${narrowSpend} WHERE s.status = (SELECT id FROM dict WHERE text = 'error') AND ${where}`,
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
