import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { wordsOf } from '../../../../shared/words-of.ts';
import type { Skipped, TelemetrySink } from '../../telemetry/raw-span.ts';
import { detectCompression, detectFormat, detectionBytes, notRead, seenJson } from './detect.ts';
import type { Compression } from './detect.ts';
import { OtlpJsonDecoder } from './otlp/otlp-json.ts';
import { OtlpProtoStream } from './otlp/otlp-proto-stream.ts';
import { decompress, DecompressionFailed } from './reading/decompress.ts';
import { TrajectoryReader } from './reading/read-document.ts';

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called about once per megabyte read. Bytes are those of the file, compressed where it is. */
  readonly onProgress?: ((bytesRead: number, bytesTotal: number) => void) | undefined;
}

export interface ImportResult {
  /** `otlp-json`, `otlp-json-lines`, `otlp-proto`, `otlp-proto-framed`, `tau-bench`, `swe-agent`, `mini-swe-agent`, with `+gzip` or `+zstd`; `empty`; `unknown`: the reason went to `sink.skip`. */
  readonly format: string;
  readonly bytesRead: number;
}

const chunkBytes = 1024 * 1024;
const maximumEarly = 1_000;

/**
 * Reads one file of any size, recognised by its content, in bounded memory. What is broken goes to `sink.skip`.
 * Throws the system's error when the file cannot be read, and AbortError when `signal` is aborted.
 */
export async function importFile(
  path: string,
  sink: TelemetrySink,
  options: ImportOptions = {},
): Promise<ImportResult> {
  const { size } = await stat(path);
  return importChunks(createReadStream(path, { highWaterMark: chunkBytes }), size, sink, options);
}

/** The same for text or bytes that were pasted or handed over. `name` is for messages only. */
export async function importBytes(
  name: string,
  buffer: Buffer,
  sink: TelemetrySink,
  options: ImportOptions = {},
): Promise<ImportResult> {
  // In slices with a turn of the event loop between them, so that a progress, an abort and live requests come through; nothing is copied.
  const slices = async function* (): AsyncGenerator<Buffer> {
    for (let start = 0; start < buffer.length; start += chunkBytes) {
      yield buffer.subarray(start, start + chunkBytes);
      await nextTurn();
    }
  };
  try {
    return await importChunks(Readable.from(slices(), { objectMode: true }), buffer.length, sink, options);
  } catch (error) {
    throw new Error(`${name} could not be read: ${wordsOf(error)}`, {
      cause: error,
    });
  }
}

async function importChunks(
  source: Readable,
  bytesTotal: number,
  sink: TelemetrySink,
  options: ImportOptions,
): Promise<ImportResult> {
  let bytesRead = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      options.signal?.throwIfAborted();
      bytesRead += chunk.length;
      yield chunk;
      options.onProgress?.(bytesRead, bytesTotal);
    }
  };
  try {
    const raw = await peekHead(counted(), 16);
    const compression = detectCompression(raw.head);
    const plain = compression === undefined ? raw : await peekHead(decompress(raw.chunks, compression), 16);
    const reader = new FormatReader(sink);
    try {
      for await (const chunk of plain.chunks) {
        options.signal?.throwIfAborted();
        reader.push(chunk);
      }
    } catch (error) {
      if (!(error instanceof DecompressionFailed)) throw error;
      await reader.end(options.signal);
      sink.skip({ line: undefined, reason: `${error.message}; what came before was kept` });
      return { format: named(reader.format, compression), bytesRead };
    }
    await reader.end(options.signal);
    return { format: named(reader.format, compression), bytesRead };
  } finally {
    source.destroy();
  }
}

const named = (format: string, compression: Compression | undefined): string =>
  compression === undefined || format === 'unknown' ? format : `${format}+${compression}`;

/** The first bytes, and all chunks again from the beginning. */
async function peekHead(
  chunks: AsyncGenerator<Buffer>,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly chunks: AsyncGenerator<Buffer> }> {
  const first: Buffer[] = [];
  let length = 0;
  let failure: unknown;
  while (length < bytes && failure === undefined) {
    try {
      const next = await chunks.next();
      if (next.done) break;
      first.push(next.value);
      length += next.value.length;
    } catch (error) {
      failure = error;
    }
  }
  return {
    head: Buffer.concat(first),
    chunks: (async function* () {
      yield* first;
      if (failure !== undefined) throw failure;
      yield* chunks;
    })(),
  };
}

/** Gathers enough to recognise the format, then feeds its decoder. */
class FormatReader {
  private readonly sink: TelemetrySink;
  private readonly gathered: Buffer[] = [];
  private gatheredBytes = 0;
  private head: Buffer = Buffer.alloc(0);
  private json: OtlpJsonDecoder | undefined;
  private proto: OtlpProtoStream | undefined;
  private trajectories: TrajectoryReader | undefined;
  private detected: string | undefined;
  private readonly early: Skipped[] = [];

  constructor(sink: TelemetrySink) {
    this.sink = sink;
  }

  get format(): string {
    if (this.trajectories !== undefined) return this.trajectories.format;
    if (this.json === undefined) return this.detected ?? 'empty';
    if (this.json.known === 0 && this.json.delivered === 0) return 'unknown';
    return this.json.values > 1 ? 'otlp-json-lines' : 'otlp-json';
  }

  push(chunk: Buffer): void {
    if (this.detected === undefined) {
      this.gathered.push(chunk);
      this.gatheredBytes += chunk.length;
      if (this.gatheredBytes >= detectionBytes) this.detect(false);
    } else if (this.json !== undefined) this.json.push(chunk);
    else if (this.trajectories !== undefined) this.trajectories.push(chunk);
    else this.proto?.push(chunk);
  }

  async end(signal: AbortSignal | undefined): Promise<void> {
    if (this.detected === undefined) this.detect(true);
    this.proto?.end();
    await this.trajectories?.end(() => notRead(seenJson(this.head)), signal);
    if (this.json === undefined) return;
    this.json.end();
    if (this.format !== 'unknown') {
      for (const item of this.early) this.sink.skip(item);
      return;
    }
    const [first] = this.early;
    const also = first === undefined ? '' : ` (line ${first.line}: ${first.reason})`;
    this.sink.skip({ line: undefined, reason: `${notRead(seenJson(this.head))}${also}` });
  }

  /** Until something of OTLP is met, what is skipped may be no trace at all: one reason for the file says more then. */
  private skip(skipped: Skipped): void {
    if (this.format === 'unknown' && this.early.length < maximumEarly) this.early.push(skipped);
    else {
      for (const item of this.early.splice(0)) this.sink.skip(item);
      this.sink.skip(skipped);
    }
  }

  private detect(whole: boolean): void {
    const head = Buffer.concat(this.gathered);
    const format = detectFormat(head, whole);
    switch (format.kind) {
      case 'empty':
        this.detected = 'empty';
        this.sink.warn('the file is empty');
        return;
      case 'unknown':
        this.detected = 'unknown';
        this.sink.skip({ line: undefined, reason: notRead(format.seen) });
        return;
      case 'json':
        this.detected = 'otlp-json';
        this.head = head.subarray(0, detectionBytes);
        this.json = new OtlpJsonDecoder(withSkip(this.sink, (skipped) => this.skip(skipped)));
        break;
      case 'trajectory':
        this.detected = 'trajectory';
        this.head = head.subarray(0, detectionBytes);
        this.trajectories = new TrajectoryReader(this.sink);
        break;
      case 'proto':
        this.detected = 'otlp-proto';
        this.proto = new OtlpProtoStream(this.sink, 'single');
        break;
      case 'frames':
        this.detected = 'otlp-proto-framed';
        this.proto = new OtlpProtoStream(this.sink, format.prefix);
    }
    for (const chunk of this.gathered) this.push(chunk);
    this.gathered.length = 0;
  }
}

/** Not a spread: a sink may be an object of a class. */
const withSkip = (sink: TelemetrySink, skip: TelemetrySink['skip']): TelemetrySink => ({
  span: (span) => sink.span(span),
  log: (log) => sink.log(log),
  metrics: (request, dataPoints) => sink.metrics(request, dataPoints),
  skip,
  warn: (message) => sink.warn(message),
});
