import type { LibraryReader } from '../reader.ts';
import { ownRunId } from '../run-rows.ts';
import { allRows, firstRow, snapshot, sql } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';

/** What one run spent between two moments, under every name that a budget may mean it by. */
export interface DaySpend {
  /** Its own id first, and every trace that it is made of: what was recorded under one of these is this run. */
  readonly ids: readonly string[];
  /** Its agent, its service, its own name, and those of the runs that it is a take of: what a person calls it changes none of them. */
  readonly names: readonly string[];
  /** Retake made its calls or passed them on, so that it could hold them: a recording, or a take. Takes without the agent’s code leave no recording. */
  readonly isRecorded: boolean;
  readonly nanoUsd: number;
  /** Calls that used tokens and have no price: they are in none of the money. */
  readonly unpriced: number;
}

/** A run that has been silent for longer, and goes on again today, counts for its steps of today from its next step on. */
const longestRunUs = 7 * 86_400_000_000;

/**
 * The runs that spent something from one moment up to another (both in milliseconds since 1970), deleted ones among them until they are cleared:
 * their money is spent all the same. A run that crosses either moment is added up step by step.
 */
export function readDaySpend(
  { database }: LibraryReader,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): readonly DaySpend[] {
  return snapshot(database, () => {
    const from = fromMs * 1_000;
    const to = toMs * 1_000;
    const whole = allRows<RunRow>(
      database,
      runsWhere(
        sql`assembled = 1 AND start_us >= ${from} AND start_us < ${to} AND (end_us IS NULL OR end_us < ${to})`,
        sql`(SELECT sum(s.cost_nano_usd) FROM spend AS s WHERE s.run = run.id AND s.day >= 0)`,
        sql`(SELECT sum(s.unpriced) FROM spend AS s WHERE s.run = run.id AND s.day >= 0)`,
      ),
    );
    const sum = (what: SqlQuery): SqlQuery =>
      sql`(SELECT sum(${what}) FROM step WHERE step.run = run.id AND step.start_us >= ${from} AND step.start_us < ${to} AND ${countedStep})`;
    const inPart = (where: SqlQuery): readonly RunRow[] =>
      allRows<RunRow>(
        database,
        runsWhere(
          where,
          sum(sql`CAST(round(step.cost_usd * 1e9) AS INTEGER)`),
          sum(sql`step.cost_usd IS NULL AND step.input IS NOT NULL`),
        ),
      );
    const rows = [
      ...whole,
      ...inPart(sql`assembled = 1 AND start_us >= ${from} AND start_us < ${to} AND end_us >= ${to}`),
      ...inPart(
        sql`assembled = 1 AND start_us >= ${from - longestRunUs} AND start_us < ${from} AND (end_us IS NULL OR end_us >= ${from})`,
      ),
      ...inPart(sql`assembled = 1 AND status = 'running' AND start_us < ${from - longestRunUs}`),
      ...inPart(sql`assembled = 0 AND removed_us IS NOT NULL AND start_us >= ${from - longestRunUs}`),
    ];
    return rows
      .filter(({ nano, unpriced }) => (nano ?? 0) > 0 || (unpriced ?? 0) > 0)
      .map((row) => ({
        ids: [...new Set([row.run_id, ...(JSON.parse(row.trace_ids) as readonly string[])])],
        names: [
          ...new Set([...namesOf(row), ...(row.parent_run_id === null ? [] : agentNames(database, row.parent_run_id))]),
        ],
        isRecorded: row.recorded === 1,
        nanoUsd: row.nano ?? 0,
        unpriced: row.unpriced ?? 0,
      }));
  });
}

/** Every name that a budget may mean a run by; none for a run that the library does not have. */
export function readAgentNames({ database }: LibraryReader, runId: string): readonly string[] {
  return agentNames(database, runId);
}

/** What the newest runs cost, each as a whole, and on which moment each began. Runs without any price are left out. */
export function readRecentCosts(
  { database }: LibraryReader,
  { sinceMs }: { readonly sinceMs: number },
): readonly { readonly names: readonly string[]; readonly usd: number; readonly startedMs: number }[] {
  return allRows<NameRow & { readonly usd: number; readonly start_us: number }>(
    database,
    sql`SELECT agent, service, coalesce(own_name, name) AS own, cost_usd AS usd, start_us FROM run WHERE assembled = 1 AND start_us >= ${sinceMs * 1_000} AND cost_usd > 0 ORDER BY start_us DESC LIMIT ${mostRecent}`,
  ).map((row) => ({ names: namesOf(row), usd: row.usd, startedMs: row.start_us / 1_000 }));
}

const mostRecent = 5_000;

/** As what spends (spend.ts): usage that the step owns, or a call of a model that says nothing of usage. */
const countedStep = sql`(step.usage_role = (SELECT id FROM dict WHERE text = 'own') OR (step.usage_role IS NULL AND step.kind = (SELECT id FROM dict WHERE text = 'llm') AND step.hidden = 0))`;

interface NameRow {
  readonly agent: string | null;
  readonly service: string | null;
  readonly own: string;
}

interface RunRow extends NameRow {
  readonly run_id: string;
  readonly trace_ids: string;
  readonly parent_run_id: string | null;
  readonly recorded: number;
  readonly nano: number | null;
  readonly unpriced: number | null;
}

function runsWhere(where: SqlQuery, nano: SqlQuery, unpriced: SqlQuery): SqlQuery {
  return sql`SELECT run_id, trace_ids, agent, service, coalesce(own_name, name) AS own, parent_run_id, fork_step IS NOT NULL OR EXISTS (SELECT 1 FROM recording AS r WHERE r.run_id = run.run_id OR r.run_id IN (SELECT value FROM json_each(run.trace_ids))) AS recorded, ${nano} AS nano, ${unpriced} AS unpriced FROM run WHERE ${where}`;
}

function namesOf({ agent, service, own }: NameRow): readonly string[] {
  return [agent, service, own].filter((name) => name !== null && name !== '').map(String);
}

/** A take of a take of a take: further than anyone goes, and an end where a library says that a run is its own parent. */
const mostAncestors = 20;

function agentNames(database: LibraryReader['database'], runId: string): readonly string[] {
  const names = new Set<string>();
  let next: string | null = runId;
  for (let depth = 0; next !== null && depth < mostAncestors; depth++) {
    const row: (NameRow & { readonly parent_run_id: string | null }) | undefined = firstRow(
      database,
      sql`SELECT agent, service, coalesce(own_name, name) AS own, parent_run_id FROM run WHERE run_id = ${ownRunId(next)}`,
    );
    if (!row) break;
    for (const name of namesOf(row)) names.add(name);
    next = row.parent_run_id;
  }
  return [...names];
}
