import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { wordsOf } from '../../../../shared/words-of.ts';
import type { TelemetrySink } from '../../telemetry/raw-span.ts';
import { readFile } from './read-file.ts';
import type { ReadFormat } from './read-file.ts';
import { peekHead } from './reading/chunks.ts';
import { decompress, DecompressionFailed, detectCompression } from './reading/decompress.ts';
import type { Source } from './source.ts';
import { sources as allSources } from './sources.ts';

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called about once per megabyte read. Bytes are those of the file, compressed where it is. */
  readonly onProgress?: ((bytesRead: number, bytesTotal: number) => void) | undefined;
  readonly sources?: readonly Source[] | undefined;
}

export interface ImportResult extends ReadFormat {
  readonly bytesRead: number;
}

const chunkBytes = 1024 * 1024;

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
  return importChunks(basename(path), createReadStream(path, { highWaterMark: chunkBytes }), size, sink, options);
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
    return await importChunks(name, Readable.from(slices(), { objectMode: true }), buffer.length, sink, options);
  } catch (error) {
    throw new Error(`${name} could not be read: ${wordsOf(error)}`, {
      cause: error,
    });
  }
}

async function importChunks(
  name: string,
  file: Readable,
  bytesTotal: number,
  sink: TelemetrySink,
  options: ImportOptions,
): Promise<ImportResult> {
  let bytesRead = 0;
  const { signal, sources = allSources } = options;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of file as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      bytesRead += chunk.length;
      yield chunk;
      options.onProgress?.(bytesRead, bytesTotal);
    }
  };
  try {
    const raw = await peekHead(counted(), 16);
    const compression = detectCompression(raw.head);
    if (compression === undefined) {
      const read = await readFile(sources, { name, chunks: raw.chunks }, sink, signal);
      return { ...read, bytesRead };
    }
    let failure: DecompressionFailed | undefined;
    const plain = async function* (): AsyncGenerator<Buffer> {
      try {
        for await (const chunk of decompress(raw.chunks, compression)) {
          signal?.throwIfAborted();
          yield chunk;
        }
      } catch (error) {
        if (!(error instanceof DecompressionFailed)) throw error;
        failure = error;
      }
    };
    const read = await readFile(sources, { name, chunks: plain() }, sink, signal);
    if (failure !== undefined) sink.skip({ line: undefined, reason: `${failure.message}; what came before was kept` });
    return { ...read, format: read.source === undefined ? read.format : `${read.format}+${compression}`, bytesRead };
  } finally {
    file.destroy();
  }
}
