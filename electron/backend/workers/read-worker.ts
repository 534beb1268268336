import { workerData } from 'node:worker_threads';
import { guardedFunctions } from './guarded-functions.ts';
import { createReadFunctions } from './read-functions.ts';
import type { ReadFunctions, ReadThreadData } from './thread-functions.ts';
import { serveThread } from './thread.ts';

/** Answers queries, so that scrolling never waits for an import. */
const { directory } = workerData as ReadThreadData;

serveThread(
  guardedFunctions<ReadFunctions>(
    () => createReadFunctions(directory),
    [
      'figures',
      'list',
      'totals',
      'facets',
      'run',
      'find',
      'many',
      'stepTable',
      'stepDetail',
      'stepList',
      'stepMessages',
      'stepAttribute',
      'stepRaw',
      'exportOpen',
      'exportNext',
      'exportClose',
      'compareAlign',
      'comparePair',
      'compareMatrix',
      'previousRun',
      'recording',
      'exchange',
      'llmCalls',
      'recordedCalls',
      'retakeAttributes',
      'takeOrigin',
      'close',
    ],
  ),
);
