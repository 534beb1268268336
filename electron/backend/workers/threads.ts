import type { PriceOverride } from '../../../shared/model/cost.ts';
import type { Calls } from '../base/calls.ts';
import type {
  IndexFunctions,
  IngestEvents,
  IngestFunctions,
  IngestThreadData,
  ReadFunctions,
  ReadThreadData,
} from './thread-functions.ts';
import { createThread, workerEntry } from './thread.ts';

/** The backend's threads: one that writes, one that reads, one that indexes. None starts before it is needed. */
export interface Threads {
  read(): Calls<ReadFunctions>;
  /** Reads too, on a thread of its own: aligning two long runs takes longer than a page of the list may wait. */
  compare(): Calls<ReadFunctions>;
  /** Opens the library for writing; rejects with LibraryUnavailable while another process holds it. */
  write(): Promise<Calls<IngestFunctions>>;
  index(): Calls<IndexFunctions>;
  /** Brings the full-text index up to date, in the background. */
  followIndex(): void;
  close(): Promise<void>;
}

export interface ThreadsOptions {
  readonly directory: string;
  readonly quietMs: number;
  readonly priceOverrides: () => readonly PriceOverride[];
  readonly followIndex: boolean;
  readonly events: IngestEvents;
  /** The thread that writes ended; the next `write` starts it again. */
  readonly onWriterDeath: (reason: string) => void;
}

/** Indexing follows behind the spans: text is found a moment later, and an import is not slowed down. */
const indexDelayMs = 1_000;

export function openThreads(options: ThreadsOptions): Threads {
  const { directory, events } = options;
  const readData: ReadThreadData = { directory };
  let indexTimer: NodeJS.Timeout | undefined;
  let closed = false;

  const ingestThread = createThread<IngestFunctions, IngestEvents>({
    name: 'ingest',
    entry: workerEntry('ingest-worker', import.meta.url),
    workerData: (): IngestThreadData => ({
      directory,
      quietMs: options.quietMs,
      priceOverrides: options.priceOverrides(),
    }),
    events: {
      ...events,
      stored(spans) {
        events.stored(spans);
        scheduleIndex();
      },
    },
    onDeath: options.onWriterDeath,
  });
  const readThread = createThread<ReadFunctions, Record<string, never>>({
    name: 'read',
    entry: workerEntry('read-worker', import.meta.url),
    workerData: () => readData,
    events: {},
  });
  const compareThread = createThread<ReadFunctions, Record<string, never>>({
    name: 'compare',
    entry: workerEntry('read-worker', import.meta.url),
    workerData: () => readData,
    events: {},
  });
  const indexThread = createThread<IndexFunctions, Record<string, never>>({
    name: 'index',
    entry: workerEntry('index-worker', import.meta.url),
    workerData: () => readData,
    events: {},
  });

  function scheduleIndex(): void {
    if (!options.followIndex || closed) return;
    indexTimer ??= setTimeout(() => {
      indexTimer = undefined;
      followIndex();
    }, indexDelayMs);
  }

  function followIndex(): void {
    // Its own faults come out with the next search; a thread that was closed meanwhile has nothing to follow.
    void (async () => indexThread.call().follow())().catch(() => undefined);
  }

  return {
    read: () => readThread.call(),
    compare: () => compareThread.call(),
    index: () => indexThread.call(),
    async write() {
      const writer = ingestThread.call();
      await writer.open();
      return writer;
    },
    followIndex,
    async close() {
      closed = true;
      clearTimeout(indexTimer);
      // The index reads the library: it goes first, so that the last writer can fold the log into the file.
      await Promise.all([indexThread.close(), readThread.close(), compareThread.close()]);
      await ingestThread.close();
    },
  };
}
