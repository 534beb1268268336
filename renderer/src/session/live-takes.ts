import { create } from 'zustand';
import type { LiveTake } from '../../../shared/model/take.ts';
import { sleep } from '../lib/sleep.ts';
import { backend, connectionState, onConnectionChange } from './backend-client.ts';

/** Takes and recordings that run or ran since the backend started, by id. */
interface LiveTakes {
  readonly takes: ReadonlyMap<string, LiveTake>;
}

export const useLiveTakes = create<LiveTakes>(() => ({ takes: new Map() }));

/** The take that made (or makes) this run, while the backend knows of it. */
export function useTakeOfRun(runId: string): LiveTake | undefined {
  return useLiveTakes((state) => state.takes.values().find((take) => take.runId === runId));
}

/** Reads the stream of takes for as long as the page lives; a new connection begins with all of them again. */
export function followTakes(): void {
  let followed = 0;
  const check = () => {
    const now = connectionState();
    if (now.state !== 'open' || now.generation === followed) return;
    followed = now.generation;
    void readStream(() => {
      const later = connectionState();
      return later.state === 'open' && later.generation === now.generation;
    });
  };
  onConnectionChange(check);
  check();
}

async function readStream(isCurrent: () => boolean): Promise<void> {
  while (isCurrent()) {
    try {
      let isFirst = true;
      for await (const { takes } of await backend.takes.watch()) {
        // The first message holds all: what an earlier backend knew is gone with it.
        apply(takes, isFirst);
        isFirst = false;
      }
    } catch {
      // The connection's own state says what is wrong; the next connection starts a new stream.
    }
    if (isCurrent()) await sleep(1_000);
  }
}

function apply(changed: readonly LiveTake[], all: boolean): void {
  useLiveTakes.setState((state) => {
    const takes = new Map(all ? [] : state.takes);
    for (const take of changed) takes.set(take.id, take);
    return { takes };
  });
}

/** Resolves when the take has its run, or has ended without one. */
export function whenTakeBegins(takeId: string, signal?: AbortSignal): Promise<LiveTake> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const take = useLiveTakes.getState().takes.get(takeId);
      if (take === undefined || (take.runId === undefined && !hasEnded(take))) return;
      unsubscribe();
      resolve(take);
    };
    const unsubscribe = useLiveTakes.subscribe(look);
    signal?.addEventListener(
      'abort',
      () => {
        unsubscribe();
        reject(new DOMException('No longer waited for.', 'AbortError'));
      },
      { once: true },
    );
    look();
  });
}

export function hasEnded({ status }: LiveTake): boolean {
  return status === 'ok' || status === 'error' || status === 'stopped';
}

/** Why a take that ended made no run, in words. */
export function endWords(take: LiveTake): string {
  const said = take.notes.at(-1) ?? take.log.filter(({ stream }) => stream === 'stderr').at(-1)?.text;
  return (
    said ??
    (take.exitCode === undefined
      ? 'It ended before it made a run.'
      : `It ended with exit code ${take.exitCode} before it made a run.`)
  );
}
