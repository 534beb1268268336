import { z } from 'zod';
import type { ContextLens } from '../../../shared/model/context-lens.ts';
import { findingKinds, findingSchema, timeSpentSchema } from '../../../shared/model/finding.ts';
import type { Findings } from '../../../shared/model/finding.ts';
import { findingRows } from '../library/followers/finding-rows.ts';
import { followRuns, keptRows, keptState } from '../library/followers/run-follower.ts';
import type { LibraryReader } from '../library/reader.ts';
import { analyseRun } from './analyse-run.ts';
import type { CallOutline } from './context-view.ts';
import { findInTurns } from './findings/find-all.ts';
import type { FoundFinding, TakeHint } from './findings/finding.ts';
import { analysisRow, ledgerRows, readCall, readOutline } from './kept-ledger.ts';
import type { AnalysisRow } from './kept-ledger.ts';

/** What is said of the whole run; the other rows are findings and pieces of the ledger. */
const runKind = 'run';

/** Keeps the findings and the contexts of every run. */
export const analysisFollower = followRuns({
  ...findingRows,
  label: 'what was found in the runs',
  *rows(runId, library): Generator<AnalysisRow | undefined> {
    const run = yield* analyseRun(runId, library);
    if (run === undefined) {
      yield analysisRow(runKind, {
        notes: ['This run is long and goes on: it is looked at when it has ended.'],
      });
      return;
    }
    yield analysisRow(runKind, { time: run.time, notes: run.notes });
    for (const { finding, hint } of yield* findInTurns(run)) yield analysisRow(finding.facts.kind, { finding, hint });
    yield* ledgerRows(run.ledger);
  },
});

const runDataSchema = z.object({ time: timeSpentSchema.optional(), notes: z.array(z.string()) });
/** The rows are this program's own: of another version they are not read at all. */
const hintSchema = z.custom<TakeHint>((value) => typeof value === 'object' && value !== null && 'type' in value);
const foundSchema = z.object({ finding: findingSchema, hint: hintSchema.optional() });

interface LookedAt {
  readonly key: string;
  readonly outline: readonly CallOutline[];
  readonly notes: readonly string[];
}

/** What is kept of the run that was asked about last: walking its steps asks again and again. */
const recent = new WeakMap<LibraryReader, LookedAt>();

/** What the model saw at a step; without one, at the last call. */
export function contextLens(reader: LibraryReader, runId: string, step: number | undefined): ContextLens {
  const { revision, behind } = keptState(reader, findingRows, runId);
  const key = `${runId} ${revision}`;
  const known = recent.get(reader);
  const { outline, notes } =
    known?.key === key
      ? known
      : { outline: readOutline(reader, runId), notes: runDataOf(readRows(reader, runId, [runKind])).notes };
  if (!behind) recent.set(reader, { key, outline, notes });
  return { behind, ...readCall(reader, runId, outline, step), notes: [...notes] };
}

export function findingsOf(reader: LibraryReader, runId: string): Findings {
  const { behind } = keptState(reader, findingRows, runId);
  const rows = readRows(reader, runId, [runKind, ...findingKinds]);
  const { time, notes } = runDataOf(rows);
  return {
    behind,
    findings: foundIn(rows).map(({ finding }) => finding),
    notes,
    ...(time === undefined ? {} : { time }),
  };
}

/** The finding at that place in the list, with what its take begins with. */
export function findingAt(reader: LibraryReader, runId: string, at: number): FoundFinding | undefined {
  return foundIn(readRows(reader, runId, findingKinds))[at];
}

function readRows(reader: LibraryReader, runId: string, kinds: readonly string[]): readonly AnalysisRow[] {
  return keptRows(reader, findingRows, runId, { kind: { oneOf: kinds } }).rows;
}

function foundIn(rows: readonly AnalysisRow[]): readonly FoundFinding[] {
  return rows.flatMap(({ kind, data }) => {
    if (kind === runKind || data === undefined) return [];
    const { finding, hint } = foundSchema.parse(JSON.parse(data));
    return [{ finding, hint }];
  });
}

function runDataOf(rows: readonly AnalysisRow[]): z.infer<typeof runDataSchema> {
  const data = rows.find(({ kind }) => kind === runKind)?.data;
  return data === undefined ? { notes: [] } : runDataSchema.parse(JSON.parse(data));
}
