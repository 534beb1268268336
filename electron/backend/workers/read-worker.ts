import { workerData } from 'node:worker_threads';
import { createReadFunctions } from './read-functions.ts';
import type { ReadThreadData } from './thread-functions.ts';
import { serveThread } from './thread.ts';

/** Answers queries, so that scrolling never waits for an import. */
const { directory } = workerData as ReadThreadData;

serveThread(createReadFunctions(directory));
