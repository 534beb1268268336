import { createGunzip, createInflateRaw, createZstdDecompress } from 'node:zlib';
import { inPieces } from './chunks.ts';

export type Compression = 'gzip' | 'zstd';

export function detectCompression(head: Buffer): Compression | undefined {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (isZstd(head)) return 'zstd';
  return undefined;
}

/** A zstd frame, or the skippable frame that some tools write first. */
const isZstd = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) === 0xfd2fb528 || (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50);

/** The compressed data is broken, cut off or followed by something else; everything before was given out. */
export class DecompressionFailed extends Error {
  override readonly name = 'DecompressionFailed';
}

/**
 * Input bytes given to zlib at a time. What they expand to must fit in memory: deflate gives at most 1,032 bytes for
 * one, a hostile zstd block 128 KiB for four.
 */
const pieceBytes: Readonly<Record<Compression, number>> = { gzip: 64 * 1024, zstd: 4 * 1024 };
const outputBytes = 256 * 1024;
/** What is not given out yet when the data turns out to be broken is lost with it: at most this much of deflate. 143 MB take 0.18 s, with 4 KB 1.1 s. */
const inflatedBytes = 16 * 1024;
const unpackers = {
  gzip: () => createGunzip({ chunkSize: inflatedBytes }),
  deflate: () => createInflateRaw({ chunkSize: inflatedBytes }),
  zstd: () => createZstdDecompress({ chunkSize: outputBytes }),
};

/**
 * Decompresses a stream of chunks: all members of a gzip file, all frames of a zstd file. Throws DecompressionFailed
 * after the last bytes that could be read.
 */
export async function* decompress(chunks: AsyncIterable<Buffer>, compression: Compression): AsyncGenerator<Buffer> {
  if (compression === 'gzip') yield* oneStream(inPieces(chunks, pieceBytes.gzip), 'gzip');
  else yield* zstdFrames(inPieces(chunks, pieceBytes.zstd));
}

/** Deflate without a header, as zip archives hold it. Throws as `decompress` does. */
export const decompressDeflate = (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> =>
  oneStream(inPieces(chunks, pieceBytes.gzip), 'deflate');

/**
 * Written by hand and not piped: a pipe drops what is waiting when the end of the data turns out to be broken.
 * Each piece is written when the output of the one before was taken.
 */
async function* oneStream(input: AsyncIterable<Buffer>, compression: Compression | 'deflate'): AsyncGenerator<Buffer> {
  const stream = unpackers[compression]();
  let output: Buffer[] = [];
  let failure: Error | undefined;
  let ended = false;
  let wake = (): void => {};
  stream.on('data', (chunk: Buffer) => output.push(chunk));
  stream.on('error', (error) => {
    failure = error;
    wake();
  });
  stream.on('end', () => {
    ended = true;
    wake();
  });
  let leftOut = false;
  try {
    for await (const piece of input) {
      if (failure !== undefined) break;
      if (ended) {
        // zlib itself passes over zeros behind the data (padding) and refuses anything else in the same piece.
        leftOut ||= piece.some((byte) => byte !== 0);
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        stream.write(piece, () => resolve());
      });
      const ready = output;
      output = [];
      yield* ready;
    }
    if (!ended && failure === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        stream.end();
      });
    }
    yield* output;
  } finally {
    stream.destroy();
  }
  if (failure !== undefined)
    throw new DecompressionFailed(`the ${compression} data is broken or cut off (${failure.message})`);
  if (leftOut) throw new DecompressionFailed(`bytes after the end of the ${compression} data were left out`);
}

/** node:zlib stops after the first zstd frame (24.21) and drops the rest without a word, so frames are told apart here (RFC 8878, 3.1). */
async function* zstdFrames(input: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const source: Pending = { chunks: input, rest: Buffer.alloc(0), done: false };
  while (await fill(source, 1)) {
    const splitter = new FrameEnd();
    yield* oneStream(frame(source, splitter), 'zstd');
    // Frames that hold nothing have no end of their own to wait for; a broken one has thrown.
    if (!splitter.ended) return;
  }
}

interface Pending {
  readonly chunks: AsyncGenerator<Buffer>;
  rest: Buffer;
  done: boolean;
}

async function fill(source: Pending, bytes: number): Promise<boolean> {
  while (source.rest.length < bytes && !source.done) {
    const next = await source.chunks.next();
    if (next.done) source.done = true;
    else source.rest = source.rest.length === 0 ? next.value : Buffer.concat([source.rest, next.value]);
  }
  return source.rest.length >= bytes;
}

/** The bytes of one frame, taken off the source. */
async function* frame(source: Pending, splitter: FrameEnd): AsyncGenerator<Buffer> {
  while (await fill(source, 1)) {
    const part = source.rest;
    const length = splitter.take(part);
    source.rest = part.subarray(length);
    yield part.subarray(0, length);
    if (splitter.ended) return;
  }
}

/** Follows a zstd frame byte by byte of its headers to find where it ends. On broken headers the frame never ends: zlib says why. */
class FrameEnd {
  ended = false;
  private state: 'magic' | 'skippable' | 'descriptor' | 'header' | 'block' | 'content' | 'checksum' | 'broken' =
    'magic';
  private wanted = 4;
  private value = 0;
  private read = 0;
  private pass = 0;
  private checksum = false;
  private last = false;

  /** How many bytes of the part belong to the frame. */
  take(part: Buffer): number {
    let position = 0;
    while (position < part.length && !this.ended) {
      if (this.pass > 0) {
        const passed = Math.min(this.pass, part.length - position);
        this.pass -= passed;
        position += passed;
      } else if (this.state === 'broken') return part.length;
      else {
        this.value += (part[position++] ?? 0) * 2 ** (8 * this.read++);
        if (this.read === this.wanted) this.next();
      }
      if (this.pass === 0 && this.state === 'content') this.afterBlock();
    }
    return position;
  }

  private expect(state: FrameEnd['state'], wanted: number): void {
    this.state = state;
    this.wanted = wanted;
    this.value = 0;
    this.read = 0;
  }

  private next(): void {
    const { value } = this;
    switch (this.state) {
      case 'magic':
        if (value === 0xfd2fb528) this.expect('descriptor', 1);
        else if (value >= 0x184d2a50 && value <= 0x184d2a5f) this.expect('skippable', 4);
        else this.expect('broken', 0);
        return;
      case 'skippable':
        this.last = true;
        this.checksum = false;
        this.content(value);
        return;
      case 'descriptor': {
        const single = (value & 0x20) !== 0;
        this.checksum = (value & 4) !== 0;
        const size = [single ? 1 : 0, 2, 4, 8][value >> 6] ?? 0;
        this.pass = (single ? 0 : 1) + ([0, 1, 2, 4][value & 3] ?? 0) + size;
        this.expect('block', 3);
        return;
      }
      case 'block': {
        const kind = (value >> 1) & 3;
        this.last = (value & 1) !== 0;
        if (kind === 3) this.expect('broken', 0);
        else this.content(kind === 1 ? 1 : value >> 3);
        return;
      }
      case 'checksum':
        this.ended = true;
        return;
      default:
        this.expect('broken', 0);
    }
  }

  private content(length: number): void {
    this.expect('content', 0);
    this.pass = length;
  }

  private afterBlock(): void {
    if (!this.last) this.expect('block', 3);
    else if (this.checksum) this.expect('checksum', 4);
    else this.ended = true;
  }
}
