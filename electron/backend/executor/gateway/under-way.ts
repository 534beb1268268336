import type { LiveCall } from './matched-calls.ts';

/** Longest that a request waits for the end of an answer that it may go on from. */
const longestWaitMs = 2_000;

/** Live calls whose answer is not noted yet. */
export interface UnderWay {
  started(seq: number): void;
  ended(seq: number): void;
  /** Its answer is noted, or nobody waits for it. */
  hasEnded(seq: number): boolean;
  /** Until none of these calls is under way. */
  ofAll(calls: ReadonlySet<number>): Promise<void>;
  /** Until everything that the request goes on from is known, nothing is under way, or it has waited long enough. */
  settled(knows: (live: LiveCall) => boolean, live: LiveCall): Promise<void>;
}

/** Counts live calls whose answer is not noted yet, and lets a request wait for one that it goes on from. */
export function createUnderWay(): UnderWay {
  const open = new Set<number>();
  let waiting: (() => void)[] = [];
  return {
    started: (seq: number) => void open.add(seq),
    hasEnded: (seq: number) => !open.has(seq),
    ended(seq: number) {
      if (!open.delete(seq)) return;
      for (const go of waiting) go();
      waiting = [];
    },
    async ofAll(calls: ReadonlySet<number>): Promise<void> {
      while ([...calls].some((seq) => open.has(seq))) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async settled(knows: (live: LiveCall) => boolean, live: LiveCall): Promise<void> {
      const end = Date.now() + longestWaitMs;
      while (open.size > 0 && !knows(live) && Date.now() < end) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, end - Date.now());
          waiting.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
  };
}
