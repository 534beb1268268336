import type { LibraryReader } from '../library/library.ts';
import type { ContentReader } from '../read/step-content.ts';
import type { ReadFunctions } from '../workers/thread-functions.ts';
import { NotFound, Refused } from '../workers/thread-wire.ts';
import { findPreviousRun } from './previous-run.ts';

export type CompareFunctions = Pick<ReadFunctions, 'compareAlign' | 'comparePair' | 'compareMatrix' | 'previousRun'>;

/** Comparing runs, as the read threads offer it. */
export function createCompareFunctions(reader: LibraryReader, _contents: ContentReader): CompareFunctions {
  const notYet = (): never => {
    throw new Refused('This part of comparing is being built.');
  };
  return {
    compareAlign: notYet,
    comparePair: notYet,
    compareMatrix: notYet,
    previousRun(runId) {
      const run = reader.runDetail(runId);
      if (!run) throw new NotFound(`Run ${runId} is not in this library.`);
      return findPreviousRun(reader, run);
    },
  };
}
