import type { PreviousRun } from '../../../../shared/contract.ts';
import { NotFound } from '../../base/faults.ts';
import type { LibraryReader } from '../reader.ts';
import { ownRunId } from '../run-rows.ts';
import { firstRow, sql, sqlName } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';

interface PreviousRow {
  readonly parent: string | null;
  readonly by_agent: string | null;
  readonly by_name: string | null;
}

/**
 * The run to compare this one with: its parent when it is a take, else the latest earlier run of the same agent, else of the same
 * name. Empty when there is none. Throws NotFound.
 */
export function previousRun({ database }: LibraryReader, runId: string): PreviousRun {
  const row = firstRow<PreviousRow>(database, previousRunQuery(runId));
  if (!row) throw new NotFound(`Run ${runId} is not in this library.`);
  if (row.parent !== null) return { runId: row.parent, by: 'parent' };
  if (row.by_agent !== null) return { runId: row.by_agent, by: 'agent' };
  if (row.by_name !== null) return { runId: row.by_name, by: 'name' };
  return {};
}

/** Three steps into an index, however many runs there are (0070-earlier-runs.ts). */
export const previousRunQuery = (runId: string): SqlQuery => sql`
  SELECT
    (SELECT parent.run_id FROM run AS parent WHERE parent.assembled = 1 AND parent.run_id = ${ownRunId(sqlName('this.parent_run_id'))}) AS parent,
    ${latestBefore('agent', sqlName('this.agent'))} AS by_agent,
    ${latestBefore('name', sqlName('coalesce(this.own_name, this.name)'))} AS by_name
  FROM run AS this WHERE this.assembled = 1 AND this.run_id = ${ownRunId(runId)}`;

/** By the name that the run has of its own, not by one that it was given. Runs without steps that call anything (a lone marker span) are nobody's previous run. */
const latestBefore = (column: 'agent' | 'name', value: SqlQuery): SqlQuery => sql`(
      SELECT earlier.run_id FROM run AS earlier
      WHERE earlier.assembled = 1 AND earlier.llm_calls + earlier.tool_calls > 0
        AND earlier.${sqlName(column)} = ${value} AND earlier.start_us < this.start_us
      ORDER BY earlier.start_us DESC, earlier.id DESC LIMIT 1
    )`;

/** The latest run before this one in the same conversation; undefined where it has none, or where this one is a take. */
export function earlierRunOfConversation({ database }: LibraryReader, runId: string): string | undefined {
  return firstRow<{ readonly run_id: string }>(
    database,
    sql`
    SELECT earlier.run_id FROM run AS this JOIN run AS earlier
      ON earlier.conversation_id = this.conversation_id AND earlier.start_us < this.start_us
    WHERE this.assembled = 1 AND earlier.assembled = 1 AND this.parent_run_id IS NULL AND earlier.parent_run_id IS NULL
      AND this.run_id = ${ownRunId(runId)}
    ORDER BY earlier.start_us DESC LIMIT 1`,
  )?.run_id;
}
