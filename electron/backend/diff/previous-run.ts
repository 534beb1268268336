import type { RunDetail, RunSummary } from '../../../shared/contract.ts';
import type { RunFilter } from '../../../shared/location.ts';
import type { LibraryReader } from '../library/library.ts';
import type { PreviousRun } from '../workers/thread-functions.ts';

const pageSize = 500;

/** The run to compare this one with: its parent when it is a take, else the latest earlier run of the same agent, else of the same name. */
export function findPreviousRun(reader: LibraryReader, run: RunDetail): PreviousRun {
  if (run.parentRunId !== undefined && reader.runsById([run.parentRunId]).length > 0)
    return { runId: run.parentRunId, by: 'parent' };
  if (run.agent !== undefined) {
    const byAgent = latestBefore(reader, run, { agents: [run.agent] }, () => true);
    if (byAgent) return { runId: byAgent.id, by: 'agent' };
  }
  const byName = latestBefore(reader, run, {}, ({ name }) => name === run.name);
  return byName ? { runId: byName.id, by: 'name' } : {};
}

/** Runs without steps that call anything (a lone marker span) are nobody's previous run. */
function latestBefore(
  reader: LibraryReader,
  run: RunSummary,
  filter: RunFilter,
  fits: (candidate: RunSummary) => boolean,
): RunSummary | undefined {
  let cursor: string | undefined;
  do {
    const page = reader.listRuns(filter, 'started', true, cursor, pageSize);
    for (const candidate of page.runs) {
      if (
        candidate.id !== run.id &&
        candidate.startedAt < run.startedAt &&
        candidate.llmCalls + candidate.toolCalls > 0 &&
        fits(candidate)
      )
        return candidate;
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return undefined;
}
