import { workerData } from 'node:worker_threads';
import { openSearchIndex } from '../library/open-library.ts';
import { guardedFunctions } from './guarded-functions.ts';
import type { IndexFunctions, ReadThreadData } from './thread-functions.ts';
import { serveThread } from './thread.ts';

/** Full-text index: follows the library in slices, so that a search gets its turn between them. */
const { directory } = workerData as ReadThreadData;
const sliceMs = 100;
const retryMs = 5_000;

serveThread(guardedFunctions<IndexFunctions>(open, ['follow', 'search', 'close']));

function open(): IndexFunctions {
  const index = openSearchIndex({ directory });
  let remaining = true;
  let timer: NodeJS.Timeout | undefined;

  function work(): void {
    timer = undefined;
    try {
      ({ remaining } = index.indexNew(sliceMs));
      if (remaining) schedule(1);
    } catch {
      // A full disk or a busy database: what is not indexed yet is indexed later; until then `indexing` says so.
      schedule(retryMs);
    }
  }

  function schedule(delayMs: number): void {
    timer ??= setTimeout(work, delayMs);
  }

  return {
    follow() {
      remaining = true;
      schedule(1);
    },
    search(query, options) {
      return { hits: [...index.search(query, options)], indexing: remaining };
    },
    close() {
      clearTimeout(timer);
      index.close();
    },
  };
}
