import { existsSync, statSync } from 'node:fs';
import { libraryFile, openReadable, typedError } from './database.ts';
import type { ReadableDatabase } from './database.ts';
import { DictReader } from './dict.ts';
import { LibraryFromFuture, LibraryLocked } from './faults.ts';
import { fileNumber } from './file-identity.ts';
import { openKeptReaders } from './followers/follower-database.ts';
import type { KeptReaders } from './followers/follower-database.ts';
import { libraryMigrations } from './migrations/library-migrations.ts';
import { migrationState } from './migrations/migrate.ts';
import { openingNotice } from './opening/opening-notice.ts';
import { openContentSearch } from './search/search-runs.ts';
import type { ContentSearch } from './search/search-runs.ts';
import { TelemetryReader } from './telemetry-reader.ts';
import { openLibraryWriter } from './writer.ts';

/**
 * The library opened for reading: the connection, and what is remembered of what was read. Every query is a function over it
 * (queries/<feature>.ts), and sees every commit made before the call.
 */
export interface LibraryReader {
  readonly directory: string;
  readonly database: ReadableDatabase;
  readonly dict: DictReader;
  readonly telemetry: TelemetryReader;
  /** What follows the library. */
  readonly kept: KeptReaders;
  readonly contentSearch: ContentSearch;
  /** What was missed when it was opened, as the writer has it. */
  readonly notice: string | undefined;
  /** False once the file was removed or replaced: it is to be opened anew. */
  isThere(): boolean;
  close(): void;
}

/**
 * Opens the library for reading, whoever is writing it. One that is not there yet, or is older than this program, is
 * first created or brought up to date. Throws LibraryFromFuture, LibraryDamaged, LibraryFull, LibraryLocked (being
 * brought up to date by another process).
 */
export function openLibraryReader(options: { readonly directory: string }): LibraryReader {
  const { directory } = options;
  const file = libraryFile(directory);
  const { database, notice } = openCurrent(directory, file);
  try {
    return readerOver({ directory, file, database, notice });
  } catch (error) {
    database.close();
    throw typedError(error, file);
  }
}

/** Over a database that is open and of the current version. */
export function readerOver(opened: {
  readonly directory: string;
  readonly file: string;
  readonly database: ReadableDatabase;
  readonly notice: string | undefined;
}): LibraryReader {
  const { directory, file, database, notice } = opened;
  const kept = openKeptReaders(directory, database);
  const number = fileNumber(file);
  return {
    directory,
    database,
    dict: new DictReader(database),
    telemetry: new TelemetryReader(database),
    kept,
    contentSearch: openContentSearch(database, kept),
    notice,
    isThere: () => fileNumber(file) === number,
    close() {
      kept.close();
      database.close();
    },
  };
}

/** Another process may be creating the library right now: that takes milliseconds. */
const creationAttempts = 50;
const creationPauseMs = 100;

function openCurrent(
  directory: string,
  file: string,
): { readonly database: ReadableDatabase; readonly notice: string | undefined } {
  let notice: string | undefined;
  for (let attempt = 0; ; attempt++) {
    if (existsSync(file) && statSync(file).size > 0) {
      notice ??= openingNotice(directory, file);
      const database = openReadable(file);
      try {
        const state = migrationState(database, libraryMigrations);
        if (state === 'current') return { database, notice };
        if (state === 'future')
          throw new LibraryFromFuture(
            `${file} was written by a newer Retake. Update Retake, or choose another library with --library.`,
          );
      } catch (error) {
        database.close();
        throw typedError(error, file);
      }
      database.close();
    }
    try {
      const writer = openLibraryWriter({ directory });
      notice ??= writer.notice;
      writer.close();
    } catch (error) {
      if (!(error instanceof LibraryLocked) || attempt >= creationAttempts) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, creationPauseMs);
    }
  }
}
