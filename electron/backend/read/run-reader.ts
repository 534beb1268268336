import { findStep } from '../library/queries/steps.ts';
import type { LibraryReader } from '../library/reader.ts';
import { createOpenExports } from './open-exports.ts';
import type { OpenExports } from './open-exports.ts';
import { createContentReader } from './step-content.ts';
import type { ContentLibrary } from './step-content.ts';

/** The library with the conventions that read what its spans hold. */
export interface RunReader extends ContentLibrary {
  readonly exports: OpenExports;
}

export function createRunReader(library: LibraryReader): RunReader {
  const contents = createContentReader(library);
  const argumentsOf = (runId: string, step: number): string | undefined => {
    const stored = findStep(library, runId, step);
    return stored && contents.tool(stored).arguments;
  };
  const reader = { ...library, contents, argumentsOf };
  return { ...reader, exports: createOpenExports(reader) };
}
