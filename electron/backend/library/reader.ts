import { existsSync, statSync } from 'node:fs';
import { openReadable, typedError } from './database.ts';
import type { ReadableDatabase } from './database.ts';
import { DictReader } from './dict.ts';
import { LibraryFromFuture, LibraryFull, LibraryLocked, LibraryUnwritable } from './faults.ts';
import { fileNumber } from './file-identity.ts';
import { openKeptReaders } from './followers/follower-database.ts';
import type { KeptReaders } from './followers/follower-database.ts';
import { libraryFile } from './library-files.ts';
import { libraryMigrations } from './migrations/library-migrations.ts';
import { migrationState } from './migrations/migrate.ts';
import { openStillCopy } from './opening/still-copy.ts';
import type { StillCopy } from './opening/still-copy.ts';
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
  /** What a tool step was given: filled in by the room that knows the conventions (read/run-reader.ts). */
  readonly argumentsOf?: (runId: string, step: number) => string | undefined;
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
  const opened = openCurrent(directory, file);
  try {
    return readerOver({ directory, file, ...opened });
  } catch (error) {
    opened.database.close();
    opened.copy?.remove();
    throw typedError(error, file);
  }
}

/** Over a database that is open and of the current version. */
export function readerOver(opened: {
  readonly directory: string;
  readonly file: string;
  readonly database: ReadableDatabase;
  /** What is read in its place. */
  readonly copy?: StillCopy | undefined;
}): LibraryReader {
  const { directory, file, database, copy } = opened;
  const kept = openKeptReaders(directory, database);
  const number = fileNumber(file);
  return {
    directory,
    database,
    dict: new DictReader(database),
    telemetry: new TelemetryReader(database),
    kept,
    contentSearch: openContentSearch(database, kept),
    isThere: () => fileNumber(file) === number && copy?.isCurrent() !== false,
    close() {
      kept.close();
      database.close();
      copy?.remove();
    },
  };
}

/** Another process may be creating the library right now: that takes milliseconds. */
const creationAttempts = 50;
const creationPauseMs = 100;

interface Opened {
  readonly database: ReadableDatabase;
  readonly copy: StillCopy | undefined;
}

function openCurrent(directory: string, file: string): Opened {
  for (let attempt = 0; ; attempt++) {
    if (existsSync(file) && statSync(file).size > 0) {
      const { database, copy } = openInPlaceOrCopy(file);
      try {
        const state = migrationState(database, libraryMigrations);
        if (state === 'current') return { database, copy };
        if (state === 'future')
          throw new LibraryFromFuture(
            `${file} was written by a newer Retake. Update Retake, or choose another library with --library.`,
          );
      } catch (error) {
        database.close();
        copy?.remove();
        throw typedError(error, file);
      }
      database.close();
      copy?.remove();
    }
    try {
      openLibraryWriter({ directory }).close();
    } catch (error) {
      if (!(error instanceof LibraryLocked) || attempt >= creationAttempts) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, creationPauseMs);
    }
  }
}

function openInPlaceOrCopy(file: string): Pick<Opened, 'database' | 'copy'> {
  let database: ReadableDatabase | undefined;
  try {
    database = openReadable(file);
    // The first page that is read needs the index of the log.
    database.pragma('user_version');
    return { database, copy: undefined };
  } catch (error) {
    database?.close();
    const typed = typedError(error, file);
    if (!(typed instanceof LibraryUnwritable || typed instanceof LibraryFull)) throw typed;
    try {
      const copy = openStillCopy(file);
      return { database: copy.database, copy };
    } catch {
      throw typed;
    }
  }
}
