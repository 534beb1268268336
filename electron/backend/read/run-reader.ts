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
  const reader = { ...library, contents: createContentReader(library) };
  return { ...reader, exports: createOpenExports(reader) };
}
