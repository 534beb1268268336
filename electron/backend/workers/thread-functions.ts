import type { z } from 'zod';
import type {
  contract,
  ImportEvent,
  RunDetail,
  RunSummary,
  StepDetail,
  StepListItem,
  StepTable,
} from '../../../shared/contract.ts';
import type { RunFilter } from '../../../shared/location.ts';
import type { Alignment, Matrix, PairDifference } from '../../../shared/model/comparison.ts';
import type { PriceOverride } from '../../../shared/model/cost.ts';
import type { TextHit } from '../library/library.ts';
import type { StoredExchange, StoredRecording } from '../library/recordings.ts';
import type { TakeReads } from '../read/take-reads.ts';
import type { ReceivedResult, Signal } from '../receiver/request.ts';

/** What the backend's threads offer each other. Arguments and results are structured-cloned; bytes given away move. */

type InputOf<Procedure> = Procedure extends { readonly '~orpc': { readonly inputSchema?: infer Schema } }
  ? Schema extends z.ZodType
    ? z.output<Schema>
    : never
  : never;
type OutputOf<Procedure> = Procedure extends { readonly '~orpc': { readonly outputSchema?: infer Schema } }
  ? Schema extends z.ZodType
    ? z.output<Schema>
    : never
  : never;

export type ListRequest = InputOf<typeof contract.runs.list>;
export type ListPage = OutputOf<typeof contract.runs.list>;
export type Totals = OutputOf<typeof contract.runs.totals>;
export type Facets = OutputOf<typeof contract.runs.facets>;
export type AlignRequest = InputOf<typeof contract.compare.align>;
export type PairRequest = InputOf<typeof contract.compare.pair>;
export type MatrixRequest = InputOf<typeof contract.compare.matrix>;
export type PreviousRun = OutputOf<typeof contract.compare.previousRun>;
export type ExportFormat = InputOf<typeof contract.runs.export>['format'];

/** Figures of the library for `app.info`. */
export interface LibraryFigures {
  readonly libraryBytes: number;
  readonly rawBytes: number;
  readonly runs: number;
  readonly steps: number;
}

/** The read thread: every query and every step's content. Rejects with NotFound or LibraryUnavailable. */
export interface ReadFunctions extends TakeReads {
  figures(): LibraryFigures;
  list(request: ListRequest): ListPage;
  totals(filter: RunFilter): Totals;
  facets(): Facets;
  run(runId: string): RunDetail;
  /** Full ids of the runs whose id begins so; at most 10. */
  find(idPrefix: string): string[];
  many(runIds: readonly string[]): RunSummary[];
  stepTable(runId: string): StepTable;
  stepDetail(runId: string, index: number): StepDetail;
  stepList(runId: string, from: number, to: number, withMessages: boolean): StepListItem[];
  stepMessages(runId: string, index: number, from: number, to: number): StepDetail['messages']['fresh'];
  stepAttribute(runId: string, index: number, key: string, of: 'span' | 'resource'): string;
  stepRaw(runId: string, index: number): string;
  /** Opens an export; its chunks are fetched one by one, so that the reader sets the pace. */
  exportOpen(runId: string, format: ExportFormat): { exportId: number; fileName: string };
  /** undefined after the last chunk. */
  exportNext(exportId: number): Uint8Array | undefined;
  exportClose(exportId: number): void;
  compareAlign(request: AlignRequest): Alignment;
  comparePair(request: PairRequest): PairDifference;
  compareMatrix(request: MatrixRequest): Matrix;
  previousRun(runId: string): PreviousRun;
  /** What this install recorded of a run; undefined for a run that it did not record. */
  recording(runId: string): StoredRecording | undefined;
  exchange(runId: string, seq: number): StoredExchange | undefined;
  close(): void;
}

/** The followers' thread: what is kept from the library behind the import. */
export interface FollowersFunctions {
  /** The library has something new. */
  follow(): void;
  /** Makes what a follower keeps anew, in the background. */
  rebuild(id: string): void;
  /** `indexing`: there is text that is not found yet. */
  search(
    query: string,
    options: { readonly runId?: string | undefined; readonly limit: number },
  ): { hits: TextHit[]; indexing: boolean };
  close(): void;
}

export interface FollowersEvents {
  /** What keeps a follower from following, or undefined when it is over. */
  problem(text: string | undefined): void;
}

export interface ReadThreadData {
  readonly directory: string;
}

/** The ingest thread: the only one that writes the library. */
export interface IngestFunctions {
  /** Opens the library for writing; rejects when another process holds it. Called before anything else. */
  open(): Promise<void>;
  /** Resolves after the commit. */
  receive(signal: Signal, encoding: 'protobuf' | 'json', body: Uint8Array): Promise<ReceivedResult>;
  /** Events go to `importEvent` with this id; resolves after `done` was sent. */
  importPaths(importId: number, paths: readonly string[]): Promise<void>;
  importText(importId: number, name: string, text: string): Promise<void>;
  cancelImport(importId: number): void;
  /** Resolves after the commit. */
  putRecording(runId: string, launch: string): Promise<void>;
  putExchange(runId: string, exchange: StoredExchange): Promise<void>;
  /** Nothing more comes of this run. */
  finishRun(runId: string): Promise<void>;
  /** Its process lives, though nothing comes of it. */
  keepRunning(runId: string): Promise<void>;
  /** New prices, and every step that they touch. */
  reprice(overrides: readonly PriceOverride[]): Promise<void>;
  close(): Promise<void>;
}

export interface IngestEvents {
  runsChanged(runIds: readonly string[]): void;
  /** Spans committed since the last call, for the rate. */
  stored(spans: number): void;
  /** A standing problem of the library, or undefined when it is over. */
  problem(text: string | undefined): void;
  importEvent(importId: number, event: ImportEvent): void;
}

export interface IngestThreadData {
  readonly directory: string;
  readonly priceOverrides: readonly PriceOverride[];
  /** A run without spans for this long is over. */
  readonly quietMs: number;
}
