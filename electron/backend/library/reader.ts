import { existsSync, statSync } from 'node:fs';
import type { RunDetail, RunSummary, StepTable } from '../../../shared/contract.ts';
import type { RunFilter } from '../../../shared/location.ts';
import type { RunId, SpanId } from '../../../shared/model/units.ts';
import type { RawLog, RawSpan } from '../telemetry/raw-span.ts';
import { databaseFiles, libraryFile, openReadable, typedError } from './database.ts';
import type { ReadableDatabase } from './database.ts';
import { DictReader } from './dict.ts';
import { LibraryFromFuture, LibraryLocked } from './library.ts';
import type { LibraryReader, RunPage, RunTotals, SortKey, StoredLog, StoredStep } from './library.ts';
import { libraryMigrations } from './migrations/library-migrations.ts';
import { migrationState } from './migrations/migrate.ts';
import { findLaunch, findRecording, readExchange, recordedCalls } from './recordings.ts';
import type { RecordedCallSummary, StoredExchange, StoredRecording } from './recordings.ts';
import { ownRunId } from './run-rows.ts';
import { findRuns, listRuns, runDetail, runFacets, runsById, runTotals } from './runs-query.ts';
import { openContentSearch } from './search/search-runs.ts';
import { allRows, firstRow, sql } from './sql.ts';
import {
  findRunOfSteps,
  indexesRequestedBy,
  previousLlmIndex,
  stepTable,
  storedStep,
  storedSteps,
  storedStepsBetween,
} from './steps-query.ts';
import { TelemetryReader } from './telemetry-reader.ts';
import { openLibraryWriter } from './writer.ts';

/**
 * Opens the library for reading, whoever is writing it. One that is not there yet, or is older than this program, is
 * first created or brought up to date. Throws LibraryFromFuture, LibraryDamaged, LibraryFull, LibraryLocked (being
 * brought up to date by another process).
 */
export function openLibraryReader(options: { readonly directory: string }): LibraryReader {
  const { directory } = options;
  const file = libraryFile(directory);
  const database = openCurrent(directory, file);
  try {
    return new SqliteLibraryReader(directory, database);
  } catch (error) {
    database.close();
    throw typedError(error, file);
  }
}

/** Another process may be creating the library right now: that takes milliseconds. */
const creationAttempts = 50;
const creationPauseMs = 100;

function openCurrent(directory: string, file: string): ReadableDatabase {
  for (let attempt = 0; ; attempt++) {
    if (existsSync(file)) {
      const database = openReadable(file);
      try {
        const state = migrationState(database, libraryMigrations);
        if (state === 'current') return database;
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
      openLibraryWriter({ directory }).close();
    } catch (error) {
      if (!(error instanceof LibraryLocked) || attempt >= creationAttempts) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, creationPauseMs);
    }
  }
}

class SqliteLibraryReader implements LibraryReader {
  private readonly directory: string;
  private readonly database: ReadableDatabase;
  private readonly dict: DictReader;
  private readonly telemetry: TelemetryReader;
  private readonly contentSearch;

  constructor(directory: string, database: ReadableDatabase) {
    this.directory = directory;
    this.database = database;
    this.dict = new DictReader(database);
    this.telemetry = new TelemetryReader(database);
    this.contentSearch = openContentSearch(directory, database);
  }

  listRuns(filter: RunFilter, sort: SortKey, descending: boolean, cursor: string | undefined, limit: number): RunPage {
    return listRuns(this.database, filter, this.contentSearch.runs, sort, descending, cursor, limit);
  }

  runTotals(filter: RunFilter): RunTotals {
    return runTotals(this.database, filter, this.contentSearch.runs);
  }

  facets(): { readonly agents: readonly string[]; readonly models: readonly string[] } {
    return runFacets(this.database);
  }

  runsById(runIds: readonly string[]): readonly RunSummary[] {
    return runsById(this.database, runIds);
  }

  runDetail(runId: string): RunDetail | undefined {
    return runDetail(this.database, runId);
  }

  findRuns(idPrefix: string): readonly RunId[] {
    return findRuns(this.database, idPrefix);
  }

  stepTable(runId: string): StepTable | undefined {
    return this.snapshot(() => {
      const run = findRunOfSteps(this.database, runId);
      return run && stepTable(this.database, this.dict, run);
    });
  }

  step(runId: string, index: number): StoredStep | undefined {
    const run = findRunOfSteps(this.database, runId);
    return run && storedStep(this.database, run, index);
  }

  steps(runId: string): readonly StoredStep[] {
    const run = findRunOfSteps(this.database, runId);
    return run ? storedSteps(this.database, run) : [];
  }

  stepsBetween(runId: string, from: number, to: number): readonly StoredStep[] {
    const run = findRunOfSteps(this.database, runId);
    return run ? storedStepsBetween(this.database, run, from, to) : [];
  }

  previousLlmStep(runId: string, index: number): StoredStep | undefined {
    return this.snapshot(() => {
      const run = findRunOfSteps(this.database, runId);
      const previous = run && previousLlmIndex(this.database, run, index);
      return run && previous !== undefined ? storedStep(this.database, run, previous) : undefined;
    });
  }

  stepsRequestedBy(runId: string, index: number): readonly StoredStep[] {
    return this.snapshot(() => {
      const run = findRunOfSteps(this.database, runId);
      return run
        ? indexesRequestedBy(this.database, run, index).flatMap(
            (requested) => storedStep(this.database, run, requested) ?? [],
          )
        : [];
    });
  }

  readSpan(runId: string, seq: number): RawSpan | undefined {
    const run = this.runNumber(runId);
    return run === undefined ? undefined : this.telemetry.span(run, seq);
  }

  *spansOf(runId: string): IterableIterator<{ readonly seq: number; readonly span: RawSpan }> {
    const run = this.runNumber(runId);
    if (run !== undefined) yield* this.telemetry.spans(run);
  }

  logsOf(runId: string): readonly StoredLog[] {
    const run = this.runNumber(runId);
    return run === undefined ? [] : this.telemetry.logs(run);
  }

  logsOfSpan(runId: string, spanId: SpanId): readonly RawLog[] {
    const run = this.runNumber(runId);
    return run === undefined ? [] : this.telemetry.logsOfSpan(run, spanId);
  }

  recording(runId: string): StoredRecording | undefined {
    return this.snapshot(() => findRecording(this.database, runId));
  }

  exchange(runId: string, seq: number): StoredExchange | undefined {
    return this.snapshot(() => readExchange(this.database, runId, seq));
  }

  launch(runId: string): string | undefined {
    return findLaunch(this.database, runId);
  }

  recordedCalls(runId: string): readonly RecordedCallSummary[] {
    return recordedCalls(this.database, runId);
  }

  counts(): {
    readonly libraryBytes: number;
    readonly receivedBytes: number;
    readonly runs: number;
    readonly steps: number;
  } {
    const figures = firstRow<{ readonly runs: number; readonly steps: number | null }>(
      this.database,
      sql`SELECT count(*) AS runs, sum(steps) AS steps FROM run WHERE assembled = 1`,
    );
    const received = firstRow<{ readonly value: number }>(
      this.database,
      sql`SELECT value FROM counter WHERE name = 'received_bytes'`,
    );
    const files = databaseFiles(this.directory);
    return {
      libraryBytes: files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0),
      receivedBytes: received?.value ?? 0,
      runs: figures?.runs ?? 0,
      steps: figures?.steps ?? 0,
    };
  }

  readSetting(name: string): string | undefined {
    return allRows<{ readonly json: string }>(this.database, sql`SELECT json FROM setting WHERE name = ${name}`)[0]
      ?.json;
  }

  close(): void {
    this.contentSearch.close();
    this.database.close();
  }

  private runNumber(runId: string): number | undefined {
    return firstRow<{ readonly id: number }>(this.database, sql`SELECT id FROM run WHERE run_id = ${ownRunId(runId)}`)
      ?.id;
  }

  /** Several queries on one state of the library, whatever is committed meanwhile. */
  private snapshot<T>(work: () => T): T {
    return this.database.transaction(work)();
  }
}
