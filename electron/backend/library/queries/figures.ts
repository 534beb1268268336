import { statSync } from 'node:fs';
import { databaseFiles } from '../library-files.ts';
import type { LibraryReader } from '../reader.ts';
import { firstRow, sql } from '../sql.ts';

/** Figures of the library for `app.info`. */
export interface LibraryFigures {
  /** On the disk, with what follows it and the write-ahead logs. */
  readonly libraryBytes: number;
  /** Of telemetry as it was received. */
  readonly rawBytes: number;
  readonly runs: number;
  /** That are shown, as the list of runs counts them. */
  readonly steps: number;
}

/** Of runs that are shown: what removed ones take is free again when they are cleared. Reckoned from the number of both. */
export function keptSize(reader: LibraryReader): { readonly bytes: number; readonly runs: number } {
  const { libraryBytes, runs } = libraryFigures(reader);
  const removed =
    firstRow<{ readonly n: number }>(reader.database, sql`SELECT count(*) AS n FROM run WHERE removed_us IS NOT NULL`)
      ?.n ?? 0;
  return { bytes: runs === 0 ? 0 : libraryBytes * (runs / (runs + removed)), runs };
}

export function libraryFigures({ database, directory }: LibraryReader): LibraryFigures {
  const figures = firstRow<{ readonly runs: number; readonly steps: number | null }>(
    database,
    sql`SELECT count(*) AS runs, sum(shown_steps) AS steps FROM run WHERE assembled = 1`,
  );
  const received = firstRow<{ readonly value: number }>(
    database,
    sql`SELECT value FROM counter WHERE name = 'received_bytes'`,
  );
  return {
    libraryBytes: databaseFiles(directory).reduce(
      (sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
      0,
    ),
    rawBytes: received?.value ?? 0,
    runs: figures?.runs ?? 0,
    steps: figures?.steps ?? 0,
  };
}
