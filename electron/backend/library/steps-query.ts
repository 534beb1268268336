import type { StepTable } from '../../../shared/contract.ts';
import { nanos, runId as asRunId } from '../../../shared/model/units.ts';
import type { ReadableDatabase } from './database.ts';
import type { StoredStep } from './library.ts';
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
  return firstRow<RunOfSteps>(database, sql`SELECT id, run_id, status, start_us, start_rest FROM run WHERE assembled = 1 AND run_id = ${runId}`);
}

interface StepRow {
  readonly parent: number | null;
  readonly depth: number;
  readonly kind: StepTable['kind'][number];
  readonly origin: StepTable['origin'][number];
  readonly status: StepTable['status'][number];
  readonly hidden: number;
  readonly name: string;
  readonly raw_name: string;
  readonly agent: string | null;
  readonly model: string | null;
  readonly error: string | null;
  readonly preview: string | null;
  readonly start_us: number;
  readonly duration_us: number | null;
  readonly input: number | null;
  readonly output: number | null;
  readonly cache_read: number | null;
  readonly cache_write: number | null;
  readonly reasoning: number | null;
  readonly usage_role: StepTable['usageRole'][number] | null;
  readonly cost_usd: number | null;
  readonly requested_by: number | null;
  readonly parallel_group: number | null;
}

/** All steps as columns, with equal texts once. */
export function stepTable(database: ReadableDatabase, run: RunOfSteps): StepTable {
  const rows = allRows<StepRow>(database, sql`
    SELECT parent, depth, kind, origin, status, hidden, name, raw_name, agent, model, error, preview, start_us, duration_us, input, output, cache_read, cache_write,
      reasoning, usage_role, cost_usd, requested_by, parallel_group FROM step WHERE run = ${run.id} ORDER BY step`);
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
  const startedAt = run.start_us / 1_000;
  const lastEnd = rows.reduce((last, row) => Math.max(last, row.start_us + (row.duration_us ?? 0)), run.start_us);
  return {
    runId: run.run_id,
    startedAt,
    durationMs: Math.max((lastEnd - run.start_us) / 1_000, run.status === 'running' ? Date.now() - startedAt : 0),
    strings,
    kind: rows.map((row) => row.kind),
    origin: rows.map((row) => row.origin),
    status: rows.map((row) => row.status),
    parent: rows.map((row) => row.parent ?? -1),
    depth: rows.map((row) => row.depth),
    name: rows.map((row) => textNumber(row.name)),
    rawName: rows.map((row) => textNumber(row.raw_name)),
    agent: rows.map((row) => textNumber(row.agent)),
    model: rows.map((row) => textNumber(row.model)),
    errorText: rows.map((row) => textNumber(row.error)),
    preview: rows.map((row) => textNumber(row.preview)),
    start: rows.map((row) => (row.start_us - run.start_us) / 1_000),
    duration: rows.map((row) => (row.duration_us === null ? -1 : row.duration_us / 1_000)),
    input: rows.map((row) => row.input ?? -1),
    output: rows.map((row) => row.output ?? -1),
    cacheRead: rows.map((row) => row.cache_read ?? -1),
    cacheWrite: rows.map((row) => row.cache_write ?? -1),
    reasoning: rows.map((row) => row.reasoning ?? -1),
    usageRole: rows.map((row) => row.usage_role ?? ''),
    costUsd: rows.map((row) => row.cost_usd ?? -1),
    requestedBy: rows.map((row) => row.requested_by ?? -1),
    parallelGroup: rows.map((row) => row.parallel_group ?? -1),
    hidden: rows.map((row) => row.hidden === 1),
  };
}

export function storedStep(database: ReadableDatabase, run: RunOfSteps, index: number): StoredStep | undefined {
  const chunk = Math.floor(index / stepsPerChunk);
  const row = firstRow<{ readonly packed: Buffer }>(database, sql`SELECT packed FROM step_chunk WHERE run = ${run.id} AND chunk = ${chunk}`);
  const step = row && unpackChunk(row.packed)[index - chunk * stepsPerChunk];
  return step && { ...runParts(run), step };
}

export function storedSteps(database: ReadableDatabase, run: RunOfSteps): readonly StoredStep[] {
  const parts = runParts(run);
  return allRows<{ readonly packed: Buffer }>(database, sql`SELECT packed FROM step_chunk WHERE run = ${run.id} ORDER BY chunk`).flatMap(({ packed }) => unpackChunk(packed).map((step) => ({ ...parts, step })));
}

function runParts(run: RunOfSteps): Pick<StoredStep, 'runId' | 'runStartNs'> {
  return { runId: asRunId(run.run_id), runStartNs: nanos(BigInt(run.start_us) * 1_000n + BigInt(run.start_rest)) };
}

/** The nearest answered llm step before `index` with the same agent. */
export function previousLlmIndex(database: ReadableDatabase, run: RunOfSteps, index: number): number | undefined {
  return firstRow<{ readonly step: number }>(database, sql`
    SELECT step FROM step WHERE run = ${run.id} AND step < ${index} AND kind = 'llm' AND answered = 1 AND hidden = 0 AND usage_role IS NOT 'duplicate'
      AND agent IS (SELECT agent FROM step WHERE run = ${run.id} AND step = ${index}) ORDER BY step DESC LIMIT 1`)?.step;
}

export function indexesRequestedBy(database: ReadableDatabase, run: RunOfSteps, index: number): readonly number[] {
  return allRows<{ readonly step: number }>(database, sql`SELECT step FROM step WHERE run = ${run.id} AND requested_by = ${index} ORDER BY step`).map(({ step }) => step);
}
