import type { LiveTake } from '../../../../shared/model/take.ts';

const intervalMs = 100;
/** A large message is sent less often, so that no window stalls: what is written in a second stays about the same. */
const charactersPerInterval = 100_000;
const longestRestMs = 1_000;
const charactersPerCall = 250;

/** Tells every window what takes are doing: all of them first, then those that changed. */
export interface TakeFeed {
  changed(takeId: string): void;
  subscribe(signal: AbortSignal | undefined): AsyncGenerator<{ takes: LiveTake[] }, void, void>;
  close(): void;
}

interface Subscriber {
  readonly changed: Set<string>;
  wake: () => void;
}

/** `read`: those of these ids as they are now, or all. */
export function createTakeFeed(read: (wanted?: ReadonlySet<string>) => readonly LiveTake[]): TakeFeed {
  const subscribers = new Set<Subscriber>();
  let closed = false;
  return {
    changed(takeId) {
      for (const subscriber of subscribers) {
        subscriber.changed.add(takeId);
        subscriber.wake();
      }
    },
    async *subscribe(signal) {
      const subscriber: Subscriber = { changed: new Set(), wake: () => undefined };
      const wake = (): void => subscriber.wake();
      const stopped = (): boolean => closed || signal?.aborted === true;
      signal?.addEventListener('abort', wake);
      subscribers.add(subscriber);
      try {
        yield { takes: [...read()] };
        while (!stopped()) {
          if (subscriber.changed.size === 0) await nextChange(subscriber);
          if (stopped()) return;
          const takes = [...read(subscriber.changed)];
          subscriber.changed.clear();
          if (takes.length > 0) yield { takes };
          await rest(Math.min(longestRestMs, intervalMs * Math.max(1, sizeOf(takes) / charactersPerInterval)), signal);
        }
      } finally {
        signal?.removeEventListener('abort', wake);
        subscribers.delete(subscriber);
      }
    },
    close() {
      closed = true;
      for (const subscriber of subscribers) subscriber.wake();
    },
  };
}

/** About how many characters these are as a message. */
function sizeOf(takes: readonly LiveTake[]): number {
  let size = 0;
  for (const { calls, log, notes, holds } of takes) {
    for (const { text = '' } of calls) size += charactersPerCall + text.length;
    for (const { text } of log) size += text.length;
    for (const text of notes) size += text.length;
    for (const { request = '', divergence } of holds)
      size += request.length + (divergence?.recorded.length ?? 0) + (divergence?.live.length ?? 0);
  }
  return size;
}

function nextChange(subscriber: Subscriber): Promise<void> {
  return new Promise((resolve) => {
    subscriber.wake = () => {
      subscriber.wake = () => undefined;
      resolve();
    };
  });
}

function rest(forMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, forMs);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
