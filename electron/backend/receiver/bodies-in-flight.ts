import { LibraryUnavailable } from '../base/faults.ts';

/** Bodies waiting for their commit, of all requests and both protocols together: beyond it exporters are asked to come back. */
const maximumBytes = 256 * 1024 * 1024;
/** gRPC gives a message whole, so its size is known when it is in memory: so many are read at a time, others wait unread in their sockets. */
const maximumReading = 4;
/** A client that begins a call and sends nothing keeps others waiting for this long. */
const readingMs = 5_000;

/** What the receiver holds in memory. */
export interface BodiesInFlight {
  /** Throws LibraryUnavailable when there is no room. The bytes count until they are given back, also then. */
  reserve(bytes: number): void;
  giveBack(bytes: number): void;
  /** Resolves when a message may be read; what it gives says that it was. */
  mayRead(): Promise<() => void>;
}

export function createBodiesInFlight(): BodiesInFlight {
  let held = 0;
  let reading = 0;
  const waiting: (() => void)[] = [];

  function next(): void {
    while (reading < maximumReading && held < maximumBytes) {
      const begin = waiting.shift();
      if (begin === undefined) return;
      begin();
    }
  }

  return {
    reserve(bytes) {
      held += bytes;
      if (held > maximumBytes)
        throw new LibraryUnavailable('Retake is still writing earlier requests; send this one again shortly.', 1);
    },
    giveBack(bytes) {
      held -= bytes;
      next();
    },
    mayRead: () =>
      new Promise((resolve) => {
        waiting.push(() => {
          reading += 1;
          let isRead = false;
          const read = (): void => {
            if (isRead) return;
            isRead = true;
            clearTimeout(patience);
            reading -= 1;
            next();
          };
          const patience = setTimeout(read, readingMs);
          patience.unref();
          resolve(read);
        });
        next();
      }),
  };
}
