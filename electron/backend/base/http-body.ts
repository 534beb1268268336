import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { wordsOf } from '../../../shared/words-of.ts';

/** OTLP/HTTP recommends refusing more than this after decompression (opentelemetry-proto, specification.md). */
export const maximumBodyBytes = 64 * 1024 * 1024;

export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const decompressors = new Map([
  ['gzip', promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip)],
  ['deflate', promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate)],
  // Not in the OTLP specification; the collector's exporter can be set to send them.
  ['zstd', promisify<Buffer, { maxOutputLength: number }, Buffer>(zstdDecompress)],
  ['br', promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress)],
]);

const tooLarge = `The request is larger than ${maximumBodyBytes / 1024 / 1024} MiB after decompression, the limit that OTLP recommends. Send smaller batches.`;

/** Reads and decompresses one request body, bounded at every step: a bomb is refused before it is unpacked. `reserve` is told of memory as it is taken. */
export async function readBody(request: IncomingMessage, reserve: (bytes: number) => void): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maximumBodyBytes) throw new RequestRefused(413, tooLarge);
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const decompress = decompressors.get(encoding);
  if (!decompress && encoding !== 'identity' && encoding !== '') {
    throw new RequestRefused(415, `Content-Encoding ${encoding} is not supported: use gzip or none.`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maximumBodyBytes) throw new RequestRefused(413, tooLarge);
    reserve(chunk.length);
    chunks.push(chunk);
  }
  const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length);
  if (!decompress || body.length === 0) return body;
  try {
    const unpacked = await decompress(body, { maxOutputLength: maximumBodyBytes });
    reserve(unpacked.length);
    return unpacked;
  } catch (error) {
    if (
      error instanceof RangeError ||
      (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
    )
      throw new RequestRefused(413, tooLarge);
    if (error instanceof Error && error.name === 'LibraryUnavailable') throw error;
    throw new RequestRefused(400, `The body does not decompress as ${encoding}: ${wordsOf(error)}.`);
  }
}
