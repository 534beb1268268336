import type { RunDetail, StepTable } from '../../../shared/contract.ts';
import type { LibraryReader } from '../library/library.ts';
import type { ContentReader } from '../read/step-content.ts';
import { NotFound } from '../workers/thread-wire.ts';
import { fingerprintRun } from './fingerprint.ts';
import type { Fingerprints } from './fingerprint.ts';
import type { Normaliser } from './normalise.ts';

/** Reading content for a comparison stops here, and the comparison says so: a run can hold gigabytes of repeated context. */
const readingPatienceMs = 20_000;
/** Runs kept as fingerprints, so that a pin, a rule or a third run does not read them again. About 1 kB a step. */
const keptRuns = 24;

export interface LoadedRun extends Fingerprints {
  readonly detail: RunDetail;
}

export interface RunLoader {
  detail(runId: string): RunDetail;
  /** Content before step `from` is not read. */
  load(runId: string, normaliser: Normaliser, from: number): LoadedRun;
  /** Leading steps that both runs share as recorded, only as far as they have the same kinds and names: lineage is what a trace says of itself. */
  sharedPrefix(a: string, b: string): number;
}

export function createRunLoader(reader: LibraryReader, contents: ContentReader): RunLoader {
  const kept = new Map<string, LoadedRun>();

  function detail(runId: string): RunDetail {
    const found = reader.runDetail(runId);
    if (!found) throw new NotFound(`Run ${runId} is not in this library.`);
    return found;
  }

  return {
    detail,
    load(runId, normaliser, from) {
      const run = detail(runId);
      // A run that grew, or was mapped or priced again, is another one.
      const key = JSON.stringify([runId, run.spans, run.logs, run.steps, run.status, run.durationMs, from, normaliser.active.signature]);
      const known = kept.get(key);
      kept.delete(key);
      const loaded = known ?? { detail: run, ...fingerprintRun(reader, contents, runId, normaliser, { deadline: performance.now() + readingPatienceMs, from }) };
      kept.set(key, loaded);
      for (const oldest of kept.keys()) {
        if (kept.size <= keptRuns) break;
        kept.delete(oldest);
      }
      return loaded;
    },
    sharedPrefix(a, b) {
      const limit = sharedSteps(detail(a), detail(b));
      if (limit <= 0) return 0;
      const left = reader.stepTable(a);
      const right = reader.stepTable(b);
      if (!left || !right) return 0;
      let at = 0;
      while (at < limit && at < left.kind.length && at < right.kind.length && skeleton(left, at) === skeleton(right, at)) at += 1;
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
