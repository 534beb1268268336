import type { StepTable } from '../../../shared/contract.ts';
import { nanos, runId as asRunId } from '../../../shared/model/units.ts';
import type { ReadableDatabase } from './database.ts';
import type { DictReader } from './dict.ts';
import type { StoredStep } from './library.ts';
import { ownRunId } from './run-rows.ts';
import { allRows, firstRow, sql } from './sql.ts';
import { stepsPerChunk, unpackChunk } from './step-chunks.ts';

/** The run that steps belong to. */
export interface RunOfSteps {
  readonly id: number;
  readonly run_id: string;
  readonly status: string;
  readonly start_us: number;
  readonly start_rest: number;
}

export function findRunOfSteps(database: ReadableDatabase, runId: string): RunOfSteps | undefined {
  return firstRow<RunOfSteps>(
    database,
    sql`SELECT id, run_id, status, start_us, start_rest FROM run WHERE assembled = 1 AND run_id = ${ownRunId(runId)}`,
  );
}

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

/** All steps as columns, with equal texts once. Kinds, origins, states and roles are what run-writer.ts wrote from the same types. */
export function stepTable(database: ReadableDatabase, dict: DictReader, run: RunOfSteps): StepTable {
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
  const lastEnd = rows.reduce((last, row) => Math.max(last, row.start_us + (row.duration_us ?? 0)), run.start_us);
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
    duration: rows.map((row) => (row.duration_us === null ? -1 : row.duration_us / 1_000)),
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

export function storedStep(database: ReadableDatabase, run: RunOfSteps, index: number): StoredStep | undefined {
  const chunk = Math.floor(index / stepsPerChunk);
  const row = firstRow<{ readonly packed: Buffer }>(
    database,
    sql`SELECT packed FROM step_chunk WHERE run = ${run.id} AND chunk = ${chunk}`,
  );
  const step = row && unpackChunk(row.packed)[index - chunk * stepsPerChunk];
  return step && { ...runParts(run), step };
}

export function storedSteps(database: ReadableDatabase, run: RunOfSteps): readonly StoredStep[] {
  const parts = runParts(run);
  return allRows<{ readonly packed: Buffer }>(
    database,
    sql`SELECT packed FROM step_chunk WHERE run = ${run.id} ORDER BY chunk`,
  ).flatMap(({ packed }) => unpackChunk(packed).map((step) => ({ ...parts, step })));
}

/** Steps [from, to): each chunk is unpacked once. */
export function storedStepsBetween(
  database: ReadableDatabase,
  run: RunOfSteps,
  from: number,
  to: number,
): readonly StoredStep[] {
  const parts = runParts(run);
  const first = Math.floor(from / stepsPerChunk);
  const rows = allRows<{ readonly packed: Buffer }>(
    database,
    sql`SELECT packed FROM step_chunk WHERE run = ${run.id} AND chunk >= ${first} AND chunk < ${Math.ceil(to / stepsPerChunk)} ORDER BY chunk`,
  );
  return rows
    .flatMap(({ packed }) => unpackChunk(packed))
    .slice(from - first * stepsPerChunk, to - first * stepsPerChunk)
    .map((step) => ({ ...parts, step }));
}

function runParts(run: RunOfSteps): Pick<StoredStep, 'runId' | 'runStartNs'> {
  return { runId: asRunId(run.run_id), runStartNs: nanos(BigInt(run.start_us) * 1_000n + BigInt(run.start_rest)) };
}

/** The nearest answered llm step before `index` with the same agent. */
export function previousLlmIndex(database: ReadableDatabase, run: RunOfSteps, index: number): number | undefined {
  return firstRow<{ readonly step: number }>(
    database,
    sql`
    SELECT step FROM step WHERE run = ${run.id} AND step < ${index} AND kind = (SELECT id FROM dict WHERE text = 'llm') AND answered = 1 AND hidden = 0 AND (usage_role IS NULL OR usage_role IS NOT (SELECT id FROM dict WHERE text = 'duplicate'))
      AND agent IS (SELECT agent FROM step WHERE run = ${run.id} AND step = ${index}) ORDER BY step DESC LIMIT 1`,
  )?.step;
}

export function indexesRequestedBy(database: ReadableDatabase, run: RunOfSteps, index: number): readonly number[] {
  return allRows<{ readonly step: number }>(
    database,
    sql`SELECT step FROM step WHERE run = ${run.id} AND requested_by = ${index} ORDER BY step`,
  ).map(({ step }) => step);
}
