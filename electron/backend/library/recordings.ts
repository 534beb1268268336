import { hash } from 'node:crypto';
import type { WritableDatabase } from './database.ts';
import { packBytes } from './packed-bytes.ts';
import { packNumbers } from './packed-numbers.ts';

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

/** Nearly every message is longer; shorter pieces would cost more in their ids than they save. */
const smallestPiece = 256;
/** Bytes. */
export const largestPiece = 256 * 1024;
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
    const packed = piece.length >= smallestPacked ? packBytes(piece) : undefined;
    const smaller = packed !== undefined && packed.length < piece.length;
    return Number(this.statements.putPiece.run(digest, smaller ? 1 : 0, smaller ? packed : piece).lastInsertRowid);
  }
}
