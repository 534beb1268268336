import type { CostFilter } from '../../../../shared/model/costs.ts';
import type { LibraryReader } from '../reader.ts';
import { allRows, firstRow, snapshot, sql } from '../sql.ts';
import { chosenSpend } from './costs.ts';

/** A take in which another model did all that one model had done in its parent: nothing of it came from the recording. */
export interface ProofTake {
  readonly runId: string;
  readonly parentRunId: string;
  /** Every model that it paid for. */
  readonly models: readonly string[];
  readonly costNanoUsd: number;
  /** What the parent's whole run had cost. */
  readonly insteadNanoUsd: number;
}

export interface Proofs {
  /** Newest first. */
  readonly takes: readonly ProofTake[];
  /** The run to make such takes of: of those that ended well and paid for this model alone, the one of median cost. */
  readonly median: { readonly runId: string; readonly name: string } | undefined;
}

/** Newest takes that are looked at. */
const mostTakes = 200;

/** What takes say of the calls of a model: of the runs that a filter chooses, those that paid for it alone, each call with a price. */
export function readProofs({ database, dict }: LibraryReader, filter: CostFilter & { readonly model: string }): Proofs {
  return snapshot(database, () => {
    const { model, ...rest } = filter;
    const chosen = chosenSpend({ ...rest, models: [model] });
    const parents = sql`SELECT s.run AS run, sum(s.cost_nano_usd) AS nano FROM spend AS s WHERE s.run IN (SELECT s.run FROM spend AS s WHERE ${chosen}) GROUP BY s.run HAVING sum(s.unpriced) = 0 AND sum(s.spared_nano_usd) = 0 AND min(s.model) = max(s.model)`;
    const takes = allRows<TakeRow>(
      database,
      sql`WITH parent AS (${parents}) SELECT t.run_id AS run_id, p.run_id AS parent_run_id, parent.nano AS instead, (SELECT sum(s.cost_nano_usd) FROM spend AS s WHERE s.run = t.id) AS nano, (SELECT json_group_array(DISTINCT s.model) FROM spend AS s WHERE s.run = t.id) AS models FROM run AS t JOIN trace ON trace.trace_id = unhex(t.parent_run_id) JOIN parent ON parent.run = trace.run JOIN run AS p ON p.id = parent.run WHERE t.parent_run_id IS NOT NULL AND t.assembled = 1 AND t.status = 'ok' AND (SELECT sum(s.priced) > 0 AND sum(s.unpriced) = 0 AND sum(s.spared_nano_usd) = 0 FROM spend AS s WHERE s.run = t.id) ORDER BY t.start_us DESC LIMIT ${mostTakes}`,
    );
    const median = firstRow<{ readonly run_id: string; readonly name: string }>(
      database,
      sql`WITH parent AS (${parents}), ended AS (SELECT run.run_id AS run_id, run.name AS name, row_number() OVER (ORDER BY parent.nano, run.id) AS place, count(*) OVER () AS runs FROM parent JOIN run ON run.id = parent.run WHERE run.assembled = 1 AND run.status = 'ok') SELECT run_id, name FROM ended WHERE place = (runs + 1) / 2`,
    );
    return {
      takes: takes.map((row) => ({
        runId: row.run_id,
        parentRunId: row.parent_run_id,
        models: (JSON.parse(row.models) as number[]).map((id) => dict.text(id)),
        costNanoUsd: row.nano,
        insteadNanoUsd: row.instead,
      })),
      median: median && { runId: median.run_id, name: median.name },
    };
  });
}

interface TakeRow {
  readonly run_id: string;
  readonly parent_run_id: string;
  readonly instead: number;
  readonly nano: number;
  readonly models: string;
}
