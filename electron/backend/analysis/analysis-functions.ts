import type { FunctionsOver } from '../base/functions.ts';
import type { RunReader } from '../read/run-reader.ts';
import { contextLens, findingsOf } from './kept-analysis.ts';
import { preparedTake } from './prepare-take.ts';

/** What is told of a run's contexts, as the threads that read offer it. A new one is a line here. */
export const analysisFunctions = {
  contextLens,
  findingsOf,
  preparedTake,
} satisfies FunctionsOver<RunReader>;
