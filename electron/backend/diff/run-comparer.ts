import type { RunReader } from '../read/run-reader.ts';
import { createRunLoader } from './run-loader.ts';
import type { RunLoader } from './run-loader.ts';

/** A reader of runs that also keeps them as what can be compared. */
export interface RunComparer extends RunReader {
  readonly loader: RunLoader;
  /** What was learnt of two runs of which one was redacted, by both; of the last ones. */
  readonly unnamed: Map<string, (text: string) => string>;
}

export function createRunComparer(reader: RunReader): RunComparer {
  return { ...reader, loader: createRunLoader(reader), unnamed: new Map() };
}
