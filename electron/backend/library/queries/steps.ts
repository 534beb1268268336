import { nanos, runId as asRunId } from '../../../../shared/model/units.ts';
import type { Nanos, RunId } from '../../../../shared/model/units.ts';
import { NotFound } from '../../base/faults.ts';
import type { AssembledStep } from '../../telemetry/step-facts.ts';
import type { ReadableDatabase } from '../database.ts';
import type { LibraryReader } from '../reader.ts';
import { findRunOfSteps } from '../run-rows.ts';
import type { RunOfSteps } from '../run-rows.ts';
import { allRows, firstRow, snapshot, sql } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';
import { chunkId, stepsPerChunk, unpackChunk } from '../step-chunks.ts';

/** A step as it was assembled; of its requested tools, arguments beyond 1,000 characters are left out: they are in the span. */
export interface StoredStep {
  readonly runId: RunId;
  readonly runStartNs: Nanos;
  readonly step: AssembledStep;
}

export function findStep({ database }: LibraryReader, runId: string, index: number): StoredStep | undefined {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    return run && stepOf(database, run, index);
  });
}

/** Throws NotFound. */
export function readStep(reader: LibraryReader, runId: string, index: number): StoredStep {
  const step = findStep(reader, runId, index);
  if (!step) throw new NotFound(`Run ${runId} has no step ${index}.`);
  return step;
}

/** The steps in run order, facts included; none for a run that is not in the library. */
export function stepsOf({ database }: LibraryReader, runId: string): readonly StoredStep[] {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    if (!run) return [];
    const parts = runParts(run);
    return assembledSteps(database, run.id, 0, Number.POSITIVE_INFINITY).map((step) => ({ ...parts, step }));
  });
}

/** Steps [from, to): each chunk is unpacked once. */
export function stepsBetween(
  { database }: LibraryReader,
  runId: string,
  from: number,
  to: number,
): readonly StoredStep[] {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    if (!run) return [];
    const parts = runParts(run);
    return assembledSteps(database, run.id, from, to).map((step) => ({ ...parts, step }));
  });
}

/** The nearest answered llm step before `index` with the same agent. */
export function previousLlmStep({ database }: LibraryReader, runId: string, index: number): StoredStep | undefined {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    if (!run) return undefined;
    const previous = firstRow<IndexRow>(
      database,
      sql`
      SELECT step FROM step WHERE run = ${run.id} AND step < ${index} AND kind = (SELECT id FROM dict WHERE text = 'llm') AND answered = 1 AND hidden = 0 AND (usage_role IS NULL OR usage_role IS NOT (SELECT id FROM dict WHERE text = 'duplicate'))
        AND agent IS (SELECT agent FROM step WHERE run = ${run.id} AND step = ${index}) ORDER BY step DESC LIMIT 1`,
    );
    return previous && stepOf(database, run, previous.step);
  });
}

/** The llm step that comes last in the run, where it has answered: what it said is what the run came to. */
export function lastAnswer({ database }: LibraryReader, runId: string): StoredStep | undefined {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    if (!run) return undefined;
    const last = firstRow<IndexRow & { readonly answered: number }>(
      database,
      sql`
      SELECT step, answered FROM step WHERE run = ${run.id} AND kind = (SELECT id FROM dict WHERE text = 'llm') AND hidden = 0
        AND (usage_role IS NULL OR usage_role IS NOT (SELECT id FROM dict WHERE text = 'duplicate')) ORDER BY step DESC LIMIT 1`,
    );
    return last?.answered === 1 ? stepOf(database, run, last.step) : undefined;
  });
}

/** The first call of a model, answered or not. */
export function firstCall({ database }: LibraryReader, runId: string): StoredStep | undefined {
  return firstStepWhere(
    database,
    runId,
    sql`kind = (SELECT id FROM dict WHERE text = 'llm') AND hidden = 0
        AND (usage_role IS NULL OR usage_role IS NOT (SELECT id FROM dict WHERE text = 'duplicate'))`,
  );
}

/** The first step that failed by itself: one around it only passes its failure on. */
export function firstFailedStep({ database }: LibraryReader, runId: string): StoredStep | undefined {
  const failed = sql`status = (SELECT id FROM dict WHERE text = 'error')`;
  return (
    firstStepWhere(
      database,
      runId,
      sql`${failed} AND NOT EXISTS (SELECT 1 FROM step AS inner WHERE inner.run = step.run AND inner.parent = step.step AND inner.${failed})`,
    ) ?? firstStepWhere(database, runId, failed)
  );
}

function firstStepWhere(database: ReadableDatabase, runId: string, condition: SqlQuery): StoredStep | undefined {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    const first =
      run &&
      firstRow<IndexRow>(
        database,
        sql`SELECT step FROM step WHERE run = ${run.id} AND ${condition} ORDER BY step LIMIT 1`,
      );
    return run && first && stepOf(database, run, first.step);
  });
}

/** Steps that this llm step asked for. */
export function stepsRequestedBy({ database }: LibraryReader, runId: string, index: number): readonly StoredStep[] {
  return snapshot(database, () => {
    const run = findRunOfSteps(database, runId);
    if (!run) return [];
    const requested = allRows<IndexRow>(
      database,
      sql`SELECT step FROM step WHERE run = ${run.id} AND requested_by = ${index} ORDER BY step`,
    );
    return requested.flatMap(({ step }) => stepOf(database, run, step) ?? []);
  });
}

interface ChunkRow {
  readonly packed: Buffer;
}

interface PreviewRow {
  readonly step: number;
  readonly preview: string;
}

interface IndexRow {
  readonly step: number;
}

function stepOf(database: ReadableDatabase, run: RunOfSteps, index: number): StoredStep | undefined {
  const [step] = assembledSteps(database, run.id, index, index + 1);
  return step && { ...runParts(run), step };
}

/** Steps [from, to). */
function assembledSteps(database: ReadableDatabase, run: number, from: number, to: number): readonly AssembledStep[] {
  const first = Math.floor(from / stepsPerChunk);
  const end = Math.min(chunkId(run + 1, 0), chunkId(run, Math.ceil(to / stepsPerChunk)));
  const chunks = allRows<ChunkRow>(
    database,
    sql`SELECT packed FROM step_chunk WHERE id >= ${chunkId(run, first)} AND id < ${end} ORDER BY id`,
  );
  const previews = new Map(
    allRows<PreviewRow>(
      database,
      sql`SELECT step, preview FROM step WHERE run = ${run} AND step >= ${from} AND step < ${Math.min(to, first * stepsPerChunk + chunks.length * stepsPerChunk)} AND preview IS NOT NULL`,
    ).map(({ step, preview }) => [step, preview]),
  );
  return chunks
    .flatMap(({ packed }) => unpackChunk(packed, (index) => previews.get(index)))
    .slice(from - first * stepsPerChunk, to - first * stepsPerChunk);
}

function runParts(run: RunOfSteps): Pick<StoredStep, 'runId' | 'runStartNs'> {
  return { runId: asRunId(run.run_id), runStartNs: nanos(BigInt(run.start_us) * 1_000n + BigInt(run.start_rest)) };
}
