import type { StepTable } from '../../../../shared/contract.ts';
import { NotFound } from '../../base/faults.ts';
import type { ReadableDatabase } from '../database.ts';
import type { DictReader } from '../dict.ts';
import type { LibraryReader } from '../reader.ts';
import { findRunOfSteps } from '../run-rows.ts';
import type { RunOfSteps } from '../run-rows.ts';
import { allRows, snapshot, sql } from '../sql.ts';
import { durationNotKept } from '../step-rows.ts';

interface StepRow {
  readonly parent: number | null;
  readonly depth: number;
  readonly kind: number;
  readonly origin: number;
  readonly status: number;
  readonly hidden: number;
  readonly name: number;
  readonly raw_name: number;
  readonly agent: number | null;
  readonly model: number | null;
  readonly error: string | null;
  readonly preview: string | null;
  readonly start_us: number;
  readonly duration_us: number | null;
  readonly input: number | null;
  readonly output: number | null;
  readonly cache_read: number | null;
  readonly cache_write: number | null;
  readonly reasoning: number | null;
  readonly usage_role: number | null;
  readonly cost_usd: number | null;
  readonly requested_by: number | null;
  readonly parallel_group: number | null;
}

/** All steps as columns, with equal texts once; undefined when the library has no such run. Kinds, origins, states and roles are what run-writer.ts wrote from the same types. */
export function findStepTable({ database, dict }: LibraryReader, runId: string): StepTable | undefined {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    return run && stepTable(database, dict, run);
  });
}

/** Throws NotFound. */
export function readStepTable(reader: LibraryReader, runId: string): StepTable {
  const table = findStepTable(reader, runId);
  if (!table) throw new NotFound(`Run ${runId} is not in this library.`);
  return table;
}

function stepTable(database: ReadableDatabase, dict: DictReader, run: RunOfSteps): StepTable {
  const rows = allRows<StepRow>(
    database,
    sql`
    SELECT parent, depth, kind, origin, status, hidden, name, raw_name, agent, model, error, preview, start_us, duration_us, input, output, cache_read, cache_write,
      reasoning, usage_role, cost_usd, requested_by, parallel_group FROM step WHERE run = ${run.id} ORDER BY step`,
  );
  const strings: string[] = [];
  const numbers = new Map<string, number>();
  const textNumber = (text: string | null): number => {
    if (text === null) return -1;
    let number = numbers.get(text);
    if (number === undefined) {
      number = strings.length;
      strings.push(text);
      numbers.set(text, number);
    }
    return number;
  };
  const nameNumbers = new Map<number, number>();
  const nameNumber = (name: number | null): number => {
    if (name === null) return -1;
    let number = nameNumbers.get(name);
    if (number === undefined) nameNumbers.set(name, (number = textNumber(dict.text(name))));
    return number;
  };
  const startedAt = run.start_us / 1_000;
  const lastEnd = rows.reduce(
    (last, row) => Math.max(last, row.start_us + Math.max(row.duration_us ?? 0, 0)),
    run.start_us,
  );
  return {
    runId: run.run_id,
    startedAt,
    durationMs: Math.max((lastEnd - run.start_us) / 1_000, run.status === 'running' ? Date.now() - startedAt : 0),
    strings,
    kind: rows.map((row) => dict.text(row.kind) as StepTable['kind'][number]),
    origin: rows.map((row) => dict.text(row.origin) as StepTable['origin'][number]),
    status: rows.map((row) => dict.text(row.status) as StepTable['status'][number]),
    parent: rows.map((row) => row.parent ?? -1),
    depth: rows.map((row) => row.depth),
    name: rows.map((row) => nameNumber(row.name)),
    rawName: rows.map((row) => nameNumber(row.raw_name)),
    agent: rows.map((row) => nameNumber(row.agent)),
    model: rows.map((row) => nameNumber(row.model)),
    errorText: rows.map((row) => textNumber(row.error)),
    preview: rows.map((row) => textNumber(row.preview)),
    start: rows.map((row) => (row.start_us - run.start_us) / 1_000),
    duration: rows.map(({ duration_us: duration }) =>
      duration === null ? -1 : duration === durationNotKept ? -2 : duration / 1_000,
    ),
    input: rows.map((row) => row.input ?? -1),
    output: rows.map((row) => row.output ?? -1),
    cacheRead: rows.map((row) => row.cache_read ?? -1),
    cacheWrite: rows.map((row) => row.cache_write ?? -1),
    reasoning: rows.map((row) => row.reasoning ?? -1),
    usageRole: rows.map((row) =>
      row.usage_role === null ? '' : (dict.text(row.usage_role) as StepTable['usageRole'][number]),
    ),
    costUsd: rows.map((row) => row.cost_usd ?? -1),
    requestedBy: rows.map((row) => row.requested_by ?? -1),
    parallelGroup: rows.map((row) => row.parallel_group ?? -1),
    hidden: rows.map((row) => row.hidden === 1),
  };
}
