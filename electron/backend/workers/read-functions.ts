import { analysisFunctions } from '../analysis/analysis-functions.ts';
import { LibraryUnavailable } from '../base/faults.ts';
import { joinFunctions } from '../base/functions.ts';
import type { Bound } from '../base/functions.ts';
import { compareFunctions } from '../diff/compare-functions.ts';
import { createRunComparer } from '../diff/run-comparer.ts';
import { typedError } from '../library/database.ts';
import { DamagedContent } from '../library/faults.ts';
import { libraryFile } from '../library/library-files.ts';
import { libraryQueries } from '../library/queries/queries.ts';
import { openLibraryReader } from '../library/reader.ts';
import { readFunctions } from '../read/read-functions.ts';
import { createRunReader } from '../read/run-reader.ts';
import { guardedFunctions } from './guarded-functions.ts';

const functions = joinFunctions(libraryQueries, readFunctions, analysisFunctions, compareFunctions);

/** What a thread that reads offers: whatever stands in these maps, under the name that it has there. Rejects with NotFound or LibraryUnavailable. */
export type ReadFunctions = Bound<typeof functions> & { close(): void };

/** Over the library of a directory, opened with the first call. */
export const createReadFunctions = (directory: string): ReadFunctions =>
  guardedFunctions({
    open: () => createRunComparer(createRunReader(openLibraryReader({ directory }))),
    functions,
    typed: (error) =>
      error instanceof DamagedContent
        ? new LibraryUnavailable(error.message)
        : typedError(error, libraryFile(directory)),
    isThere: (reader) => reader.isThere(),
    close: (reader) => reader.close(),
  });
