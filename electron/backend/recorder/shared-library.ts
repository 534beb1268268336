import { LibraryUnavailable } from '../base/faults.ts';
import type { BudgetDesk } from '../budgets/budget-desk.ts';
import { connectToRecorder, RecorderGone } from './recorder-client.ts';
import type { ImportPaths, RecordingSink, RunChanges } from './recording-sink.ts';

/**
 * Writes to the library itself where this process may, else through the process that holds it. When that one ends in the middle, the
 * next write takes the library over: nothing of the run is lost. `local` rejects with LibraryUnavailable while another holds it.
 */
export function createSharedSink(
  libraryDirectory: string,
  local: () => Promise<RecordingSink>,
): RecordingSink & { ready(): Promise<void> } {
  let remote: RecordingSink | undefined;

  async function choose(): Promise<RecordingSink> {
    if (remote) return remote;
    try {
      return await local();
    } catch (error) {
      if (!(error instanceof LibraryUnavailable)) throw error;
      remote = await connectToRecorder(libraryDirectory);
      if (!remote) throw error;
      return remote;
    }
  }

  async function write<T>(work: (sink: RecordingSink) => Promise<T>): Promise<T> {
    const chosen = await choose();
    try {
      return await work(chosen);
    } catch (error) {
      if (!(error instanceof RecorderGone)) throw error;
      if (remote === chosen) remote = undefined;
      return work(await patiently(choose, patienceMs));
    }
  }

  return {
    // A window that has just started holds the library a moment before it says how it is reached.
    ready: async () => void (await patiently(choose, startPatienceMs)),
    ingest: (request) => write((sink) => sink.ingest({ ...request, body: Buffer.from(request.body) })),
    putRecording: (runId, launch) => write((sink) => sink.putRecording(runId, launch)),
    putExchange: (runId, exchange) => write((sink) => sink.putExchange(runId, exchange)),
    keepRunning: (runId) => write((sink) => sink.keepRunning(runId)),
    finishRun: (runId) => write((sink) => sink.finishRun(runId)),
    budgets: {
      reserve: (call) => write((sink) => sink.budgets.reserve(call)),
      settle: (end) => write((sink) => sink.budgets.settle(end)),
      leave: (take) => write((sink) => sink.budgets.leave(take)),
      // Not asked again where its process is gone: then everything has changed.
      changed: async (version) => (await choose()).budgets.changed(version),
      raise: (budgetId, usd) => write((sink) => sink.budgets.raise(budgetId, usd)),
      today: () => write((sink) => sink.budgets.today()),
      put: (budget, isSure) => write((sink) => sink.budgets.put(budget, isSure)),
      remove: (id) => write((sink) => sink.budgets.remove(id)),
    },
  };
}

/**
 * Imports by itself where this process may write the library, else through the process that holds it. When that one ends in the middle, the
 * import begins again with whoever holds the library then: what was stored is not stored twice.
 */
export function createSharedImports(libraryDirectory: string, local: ImportPaths): ImportPaths {
  async function* attempt(
    paths: readonly string[],
    signal: AbortSignal | undefined,
    until: number,
  ): ReturnType<ImportPaths> {
    for (;;) {
      try {
        yield* local(paths, signal);
        return;
      } catch (error) {
        if (!(error instanceof LibraryUnavailable)) throw error;
        const holder = await connectToRecorder(libraryDirectory);
        if (holder) {
          yield* holder.importPaths(paths, signal);
          return;
        }
        if (performance.now() > until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  return async function* importPaths(paths, signal) {
    try {
      yield* attempt(paths, signal, performance.now() + startPatienceMs);
    } catch (error) {
      if (!(error instanceof RecorderGone)) throw error;
      yield* attempt(paths, signal, performance.now() + patienceMs);
    }
  };
}

/** Changes runs by itself where this process may write the library, else through the process that holds it: its windows show the change. */
export function createSharedRunChanges(libraryDirectory: string, own: RunChanges): RunChanges {
  async function change(work: (runs: RunChanges) => Promise<string[]>): Promise<string[]> {
    try {
      return await work(own);
    } catch (error) {
      const holder = error instanceof LibraryUnavailable ? await connectToRecorder(libraryDirectory) : undefined;
      if (!holder) throw error;
      return work(holder.runs);
    }
  }
  return {
    removeRuns: (runIds) => change((runs) => runs.removeRuns(runIds)),
    restoreRuns: (runIds) => change((runs) => runs.restoreRuns(runIds)),
    pinRuns: (runIds, pinned) => change((runs) => runs.pinRuns(runIds, pinned)),
    labelRuns: (runIds, labels) => change((runs) => runs.labelRuns(runIds, labels)),
  };
}

const patienceMs = 10_000;
const startPatienceMs = 2_000;
const pauseMs = 250;

/** A process that closes lets go of the library a moment after it stopped to answer. */
async function patiently(choose: () => Promise<RecordingSink>, forMs: number): Promise<RecordingSink> {
  for (const until = performance.now() + forMs; ;) {
    try {
      return await choose();
    } catch (error) {
      if (!(error instanceof LibraryUnavailable) || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Budgets as the process that holds the library keeps them, with what waits there; `own` where none does. Nothing is opened for writing. */
export function sharedBudgets(libraryDirectory: string, own: BudgetDesk): Pick<BudgetDesk, 'today' | 'put' | 'remove'> {
  const ask = async <T>(work: (desk: Pick<BudgetDesk, 'today' | 'put' | 'remove'>) => Promise<T>): Promise<T> => {
    const holder = await connectToRecorder(libraryDirectory);
    if (!holder) return work(own);
    try {
      return await work(holder.budgets);
    } catch (error) {
      if (!(error instanceof RecorderGone)) throw error;
      return work(own);
    }
  };
  return {
    today: () => ask((desk) => desk.today()),
    put: (budget, isSure) => ask((desk) => desk.put(budget, isSure)),
    remove: (id) => ask((desk) => desk.remove(id)),
  };
}
