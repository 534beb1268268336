import type { RunGrouping, RunsGroup } from '../../../../shared/location.ts';
import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { LibraryReader } from '../reader.ts';
import { allRows, sql, sqlName } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';

/**
 * Every take with the run that its tree began with, and that run itself. Lineage comes from traces: runs in a circle have no beginning, and
 * are in no tree.
 */
export const families = sql`
  RECURSIVE take(id, parent) AS MATERIALIZED (
    SELECT child.id, parent.id FROM run AS child
    JOIN run AS parent ON parent.assembled = 1 AND parent.id = coalesce(
      (SELECT trace.run FROM trace WHERE trace.trace_id = unhex(child.parent_run_id)),
      (SELECT other.id FROM run AS other WHERE other.run_id = child.parent_run_id))
    WHERE child.assembled = 1 AND child.parent_run_id IS NOT NULL),
  family(id, root) AS (
    SELECT parent, parent FROM take WHERE parent NOT IN (SELECT id FROM take)
    UNION SELECT take.id, family.root FROM take JOIN family ON take.parent = family.id)`;

/** Runs of formats without times stand in the year 2000: they have no day. */
const firstDatedUs = 978_307_200_000_000;

/** What a run is grouped by; NULL where it has none of it. Days are those of the machine's own time zone. */
export function keyOf(by: RunGrouping): SqlQuery {
  switch (by) {
    case 'agent':
      return sqlName('agent');
    case 'conversation':
      return sqlName('conversation_id');
    case 'day':
      return sql`CASE WHEN start_us >= ${firstDatedUs} THEN date(start_us / 1000000, 'unixepoch', 'localtime') END`;
    case 'takes':
      return sqlName('(SELECT root FROM family WHERE family.id = run.id)');
    default:
      return assertNever(by, 'grouping');
  }
}

/** The runs of one group, as a condition of the list. */
export function groupCondition({ database }: LibraryReader, { by, key }: RunsGroup): SqlQuery {
  if (by !== 'takes') return key === undefined ? sql`${keyOf(by)} IS NULL` : sql`${keyOf(by)} = ${key}`;
  const members =
    key === undefined
      ? sql`WITH ${families} SELECT id FROM family`
      : sql`WITH ${families} SELECT id FROM family WHERE root = (SELECT id FROM run WHERE run_id = ${key})`;
  const ids = JSON.stringify(allRows<{ readonly id: number }>(database, members).map(({ id }) => id));
  return key === undefined
    ? sql`id NOT IN (SELECT value FROM json_each(${ids}))`
    : sql`id IN (SELECT value FROM json_each(${ids}))`;
}
