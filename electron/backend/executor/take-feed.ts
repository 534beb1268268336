import type { LiveTake } from '../../../shared/model/take.ts';

const intervalMs = 100;
/** A take with many calls is a large message: it is sent less often, so that no window stalls. */
const callsPerInterval = 200;

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

export function createTakeFeed(all: () => readonly LiveTake[]): TakeFeed {
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
        yield { takes: [...all()] };
        while (!stopped()) {
          if (subscriber.changed.size === 0) await nextChange(subscriber);
          if (stopped()) return;
          const takes = all().filter(({ id }) => subscriber.changed.has(id));
          subscriber.changed.clear();
          if (takes.length > 0) yield { takes };
          const calls = takes.reduce((sum, take) => sum + take.calls.length, 0);
          await rest(intervalMs * (1 + Math.floor(calls / callsPerInterval)), signal);
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
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
