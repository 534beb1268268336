import type { RunDetail, StepTable } from '../../../shared/contract.ts';
import { readRun } from '../library/queries/run-detail.ts';
import { findStepTable } from '../library/queries/step-table.ts';
import { stepsOf } from '../library/queries/steps.ts';
import type { RunReader } from '../read/run-reader.ts';
import { RunFingerprint } from './fingerprint.ts';
import type { Fingerprints } from './fingerprint.ts';
import type { Normaliser } from './normalise.ts';

/** Reading content for a comparison stops here, and the comparison says so: a run can hold gigabytes of repeated context. */
const readingPatienceMs = 20_000;
/** Runs kept as fingerprints, so that a pin, a rule or a third run does not read them again. About 1 kB a step. */
const keptRuns = 24;

export interface LoadedRun extends Fingerprints {
  readonly detail: RunDetail;
  /** Steps whose content was read, of those that are to be read. */
  readonly progress: { readonly read: number; readonly of: number };
}

export interface RunLoader {
  detail(runId: string): RunDetail;
  /** Content before step `from` is not read. Reading stops after `patienceMs`; asked again, it goes on. */
  load(runId: string, normaliser: Normaliser, from: number, patienceMs?: number): LoadedRun;
  /** As far as the run is read; undefined when its reading has not begun. */
  known(runId: string, normaliser: Normaliser, from: number): LoadedRun | undefined;
  /** Leading steps that both runs share as recorded, only as far as they have the same kinds and names: lineage is what a trace says of itself. */
  sharedPrefix(a: string, b: string): number;
}

export function createRunLoader(reader: RunReader): RunLoader {
  const kept = new Map<string, { run: LoadedRun; reading: RunFingerprint | undefined }>();

  const detail = (runId: string): RunDetail => readRun(reader, runId);

  // A run that grew, or was mapped or priced again, is another one.
  const keyOf = (run: RunDetail, from: number, normaliser: Normaliser): string =>
    JSON.stringify([
      run.id,
      run.spans,
      run.logs,
      run.steps,
      run.status,
      run.durationMs,
      from,
      normaliser.active.signature,
    ]);

  return {
    detail,
    known: (runId, normaliser, from) => kept.get(keyOf(detail(runId), from, normaliser))?.run,
    load(runId, normaliser, from, patienceMs = readingPatienceMs) {
      const run = detail(runId);
      const key = keyOf(run, from, normaliser);
      const before = kept.get(key);
      kept.delete(key);
      let entry = before;
      if (!entry || entry.reading) {
        const reading = entry?.reading ?? new RunFingerprint(stepsOf(reader, runId), reader.contents, normaliser, from);
        reading.advance(performance.now() + patienceMs);
        const { steps: progress } = reading;
        entry = {
          run: { detail: run, progress, ...reading.finish() },
          reading: progress.read < progress.of ? reading : undefined,
        };
      }
      kept.set(key, entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= keptRuns) break;
        kept.delete(oldest);
      }
      return entry.run;
    },
    sharedPrefix(a, b) {
      const limit = sharedSteps(detail(a), detail(b));
      if (limit <= 0) return 0;
      const left = findStepTable(reader, a);
      const right = findStepTable(reader, b);
      if (!left || !right) return 0;
      let at = 0;
      while (
        at < limit &&
        at < left.kind.length &&
        at < right.kind.length &&
        skeleton(left, at) === skeleton(right, at)
      )
        at += 1;
      return at;
    },
  };
}

function skeleton(table: StepTable, at: number): string {
  return `${table.kind[at] ?? ''}\n${table.strings[table.name[at] ?? -1] ?? ''}\n${table.parent[at] ?? -1}`;
}

/** Leading steps that a take shares with its parent, or with another take of the same parent: those answered from the recording. */
function sharedSteps(a: RunDetail, b: RunDetail): number {
  if (b.parentRunId === a.id) return b.forkStep ?? 0;
  if (a.parentRunId === b.id) return a.forkStep ?? 0;
  if (a.parentRunId !== undefined && a.parentRunId === b.parentRunId) return Math.min(a.forkStep ?? 0, b.forkStep ?? 0);
  return 0;
}
