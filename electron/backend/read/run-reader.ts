import type { LibraryReader } from '../library/reader.ts';
import { createOpenExports } from './open-exports.ts';
import type { OpenExports } from './open-exports.ts';
import { createContentReader } from './step-content.ts';
import type { ContentReader } from './step-content.ts';

/** The library with the conventions that read what its spans hold. */
export interface RunReader extends LibraryReader {
  readonly contents: ContentReader;
  readonly exports: OpenExports;
}

export function createRunReader(library: LibraryReader): RunReader {
  return { ...library, contents: createContentReader(library), exports: createOpenExports(library) };
}
