import type { RunReader } from '../read/run-reader.ts';
import { createRunLoader } from './run-loader.ts';
import type { RunLoader } from './run-loader.ts';

/** A reader of runs that also keeps them as what can be compared. */
export interface RunComparer extends RunReader {
  readonly loader: RunLoader;
}

export function createRunComparer(reader: RunReader): RunComparer {
  return { ...reader, loader: createRunLoader(reader) };
}
