import { hash } from 'node:crypto';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { ReadableDatabase, WritableDatabase } from './database.ts';
import { packNumbers, unpackNumbers } from './packed-numbers.ts';
import { ownRunId } from './run-rows.ts';
import { allRows, firstRow, sql } from './sql.ts';
import type { SqlQuery } from './sql.ts';

/** One request and its answer, as bytes. `served`: where the answer came from; `detail` is the executor's, as JSON. */
export interface StoredExchange {
  readonly seq: number;
  readonly method: string;
  /** Below the gateway's prefix, without its token and without keys. */
  readonly path: string;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly spanId: string | undefined;
  readonly startedUs: number;
  readonly durationUs: number;
  readonly served: string;
  readonly detail: string;
  readonly request: Uint8Array;
  /** What went to the provider, where it is not `request`. */
  readonly outgoing: Uint8Array | undefined;
  readonly response: Uint8Array;
}

export interface StoredRecording {
  /** How the run was started, as the executor wrote it. */
  readonly launch: string;
  readonly exchanges: readonly number[];
}

/** Nearly every message is longer; shorter pieces would cost more in their ids than they save. */
const smallestPiece = 256;
const largestPiece = 256 * 1024;
/** Below this zstd's own frame eats what it saves. */
const smallestPacked = 200;

/**
 * Cuts a body where one JSON object of a list ends: the messages that an agent sends again with every call are the same
 * pieces again, and are kept once. The pieces joined are the body, whatever it is.
 */
export function piecesOf(body: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const pieces: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const cut = bytes.indexOf('},', start + smallestPiece);
    const end = Math.min(cut < 0 ? bytes.length : cut + 2, start + largestPiece, bytes.length);
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** Writes inside the library's transaction. Pieces are content-addressed: a take shares those of its parent. */
export class RecordingWriter {
  private readonly statements;

  constructor(database: WritableDatabase) {
    this.statements = {
      // The run may have been joined to another one while it goes on.
      recordedRun: database
        .prepare<[string, string, string], string>(
          `SELECT coalesce((SELECT run_id FROM recording WHERE run_id = ?), (SELECT own.run_id FROM trace JOIN run AS own ON own.id = trace.run WHERE trace.trace_id = unhex(?)), ?)`,
        )
        .pluck(),
      putRecording: database.prepare<[string, string]>(
        'INSERT INTO recording (run_id, launch) VALUES (?, ?) ON CONFLICT (run_id) DO UPDATE SET launch = excluded.launch',
      ),
      findPiece: database.prepare<[Buffer], number>('SELECT id FROM piece WHERE hash = ?').pluck(),
      putPiece: database.prepare<[Buffer, number, Uint8Array]>(
        'INSERT INTO piece (hash, packed, bytes) VALUES (?, ?, ?)',
      ),
      putExchange: database.prepare<
        [
          string,
          number,
          string,
          string,
          number,
          string | null,
          string | null,
          number,
          number,
          string,
          string,
          Buffer,
          Buffer | null,
          Buffer,
        ]
      >(
        'INSERT INTO exchange (run_id, seq, method, path, status, content_type, span_id, started_us, duration_us, served, detail, request, outgoing, response) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ),
    };
  }

  putRecording(runId: string, launch: string): void {
    this.statements.putRecording.run(this.recordedRun(runId), launch);
  }

  putExchange(runId: string, exchange: StoredExchange): void {
    this.statements.putExchange.run(
      this.recordedRun(runId),
      exchange.seq,
      exchange.method,
      exchange.path,
      exchange.status,
      exchange.contentType ?? null,
      exchange.spanId ?? null,
      exchange.startedUs,
      exchange.durationUs,
      exchange.served,
      exchange.detail,
      this.putBody(exchange.request),
      exchange.outgoing ? this.putBody(exchange.outgoing) : null,
      this.putBody(exchange.response),
    );
  }

  private recordedRun(runId: string): string {
    return this.statements.recordedRun.get(runId, runId, runId) ?? runId;
  }

  private putBody(body: Uint8Array): Buffer {
    return packNumbers(piecesOf(body).map((piece) => this.putPiece(piece)));
  }

  private putPiece(piece: Uint8Array): number {
    const digest = hash('sha256', piece, 'buffer');
    const known = this.statements.findPiece.get(digest);
    if (known !== undefined) return known;
    const packed = piece.length >= smallestPacked ? zstdCompressSync(piece) : undefined;
    const smaller = packed !== undefined && packed.length < piece.length;
    return Number(this.statements.putPiece.run(digest, smaller ? 1 : 0, smaller ? packed : piece).lastInsertRowid);
  }
}

/** The id that a run's recording is kept under: its own, or that of the run that it was joined to (run-joiner.ts). */
const recordedRun = (runId: string): SqlQuery =>
  sql`coalesce((SELECT own_recording.run_id FROM recording AS own_recording WHERE own_recording.run_id = ${runId}), ${ownRunId(runId)})`;

/** How a run was started; undefined where this install did not. */
export function findLaunch(database: ReadableDatabase, runId: string): string | undefined {
  return firstRow<{ readonly launch: string }>(
    database,
    sql`SELECT launch FROM recording WHERE run_id = ${recordedRun(runId)}`,
  )?.launch;
}

export function findRecording(database: ReadableDatabase, runId: string): StoredRecording | undefined {
  const launch = findLaunch(database, runId);
  if (launch === undefined) return undefined;
  const exchanges = allRows<{ readonly seq: number }>(
    database,
    sql`SELECT seq FROM exchange WHERE run_id = ${recordedRun(runId)} ORDER BY seq`,
  );
  return { launch, exchanges: exchanges.map(({ seq }) => seq) };
}

/** One model call of a recording without its bodies: `spanId` is the step that it is, `detail` the executor's, as JSON. */
export interface RecordedCallSummary {
  readonly spanId: string;
  readonly served: string;
  readonly status: number;
  readonly detail: string;
}

/** The model calls of a run in the order in which they were asked; empty for a run that this install did not record. */
export function recordedCalls(database: ReadableDatabase, runId: string): RecordedCallSummary[] {
  return allRows<RecordedCallSummary>(
    database,
    sql`SELECT span_id AS spanId, served, status, detail FROM exchange WHERE run_id = ${recordedRun(runId)} AND span_id IS NOT NULL ORDER BY seq`,
  );
}

interface ExchangeRow {
  readonly seq: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly content_type: string | null;
  readonly span_id: string | null;
  readonly started_us: number;
  readonly duration_us: number;
  readonly served: string;
  readonly detail: string;
  readonly request: Buffer;
  readonly outgoing: Buffer | null;
  readonly response: Buffer;
}

export function readExchange(database: ReadableDatabase, runId: string, seq: number): StoredExchange | undefined {
  const row = firstRow<ExchangeRow>(
    database,
    sql`SELECT * FROM exchange WHERE run_id = ${recordedRun(runId)} AND seq = ${seq}`,
  );
  if (!row) return undefined;
  return {
    seq: row.seq,
    method: row.method,
    path: row.path,
    status: row.status,
    contentType: row.content_type ?? undefined,
    spanId: row.span_id ?? undefined,
    startedUs: row.started_us,
    durationUs: row.duration_us,
    served: row.served,
    detail: row.detail,
    request: readBody(database, row.request),
    outgoing: row.outgoing ? readBody(database, row.outgoing) : undefined,
    response: readBody(database, row.response),
  };
}

function readBody(database: ReadableDatabase, ids: Buffer): Uint8Array {
  return Buffer.concat(
    unpackNumbers(ids).map((id) => {
      const piece = firstRow<{ readonly packed: number; readonly bytes: Buffer }>(
        database,
        sql`SELECT packed, bytes FROM piece WHERE id = ${id}`,
      );
      if (!piece) throw new Error(`A recording refers to piece ${id}, which the library does not have.`);
      return piece.packed === 1 ? zstdDecompressSync(piece.bytes, { maxOutputLength: largestPiece }) : piece.bytes;
    }),
  );
}
