import { setTimeout as pause } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { CheckReport } from '../../../shared/model/library-check.ts';
import { typedError } from '../library/database.ts';
import { libraryFile } from '../library/library-files.ts';
import { openLibraryReader } from '../library/open-library.ts';
import { backUpLibrary } from '../library/repair/backup.ts';
import { checkLibrary } from '../library/repair/check.ts';
import { unavailability } from '../library/unavailability.ts';
import type { CareFunctions, ReadThreadData } from './thread-functions.ts';
import { serveThread } from './thread.ts';

/** What looks at the whole library: slow work, which nothing else waits for. */
const { directory } = workerData as ReadThreadData;
const closing = new AbortController();

/** In the background it works so little of the time: a disk and a processor are there for others. */
const slowShare = 20;

serveThread<Record<string, never>, CareFunctions>({
  check: (pace) => guarded(() => check(pace)),
  backUp: (to) => guarded(() => backUpLibrary(directory, to)),
  close: () => closing.abort(),
});

async function check(pace: 'fast' | 'slow'): Promise<CheckReport> {
  const reader = openLibraryReader({ directory });
  try {
    const looking = checkLibrary(reader);
    for (;;) {
      const startedMs = performance.now();
      const { done, value } = looking.next();
      if (done === true) return value;
      closing.signal.throwIfAborted();
      if (pace === 'slow')
        await pause((performance.now() - startedMs) * slowShare, undefined, { signal: closing.signal });
    }
  } finally {
    reader.close();
  }
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const typed = typedError(error, libraryFile(directory));
    throw unavailability(typed) ?? typed;
  }
}
