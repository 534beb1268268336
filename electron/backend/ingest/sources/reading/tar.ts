import { BrokenArchive } from './broken-archive.ts';
import { DecompressionFailed } from './decompress.ts';

/**
 * Tar archives as they come (POSIX ustar and pax, GNU long names and large sizes): nothing is held but one chunk. Names are text to show,
 * no paths to write to.
 */
export interface TarEntry {
  readonly name: string;
  readonly bytes: number;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Why the entry cannot be read; undefined: it can. */
  readonly refused: string | undefined;
  /** Once, and before the next entry is asked for. Throws DecompressionFailed when the archive ends in it. */
  chunks(): AsyncGenerator<Buffer>;
}

const blockBytes = 512;
/** Records of names and the like, which are held. */
const maximumRecordBytes = 1024 * 1024;

export const isTar = (head: Buffer): boolean =>
  head.length >= blockBytes && head.toString('latin1', 257, 262) === 'ustar';

/** Throws BrokenArchive where the archive cannot be followed any further, and what the chunks throw. */
export async function* tarEntries(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const input = new ByteSource(source);
  let longName: string | undefined;
  let extended: Extended = {};
  for (;;) {
    const header = await input.take(blockBytes);
    // Two blocks of zeros end an archive; some end without (an empty header).
    if (header.every((byte) => byte === 0)) return;
    if (header.length < blockBytes) throw new BrokenArchive('it is cut off');
    if (!hasChecksum(header)) throw new BrokenArchive('a header of an entry is broken');
    const type = String.fromCharCode(header[156] ?? 0);
    const size = extended.size ?? numberIn(header.subarray(124, 136));
    if (!Number.isSafeInteger(size) || size < 0) throw new BrokenArchive('an entry has no size');
    if (type === 'L' || type === 'K' || type === 'x' || type === 'g') {
      if (size > maximumRecordBytes) throw new BrokenArchive('a name takes more than 1 MiB');
      const record = await input.take(size);
      if (record.length < size) throw new BrokenArchive('it is cut off');
      await input.pass(padding(size));
      if (type === 'L') longName = textIn(record);
      if (type === 'x') extended = extendedIn(record);
      continue;
    }
    const content = new EntryContent(input, size);
    yield {
      name: extended.path ?? longName ?? nameIn(header),
      bytes: size,
      kind: kindOf(type),
      refused:
        type === 'S' || extended.isSparse === true ? 'it is stored with holes, which Retake does not read' : undefined,
      chunks: () => content.chunks(),
    };
    longName = undefined;
    extended = {};
    if (!(await content.passRest()) || !(await input.pass(padding(size)))) throw new BrokenArchive('it is cut off');
  }
}

const padding = (size: number): number => (blockBytes - (size % blockBytes)) % blockBytes;

function kindOf(type: string): TarEntry['kind'] {
  switch (type) {
    case '\0':
    case '0':
    case '7':
    case 'S':
      return 'file';
    case '5':
      return 'folder';
    case '1':
    case '2':
      return 'link';
    default:
      return 'other';
  }
}

interface Extended {
  readonly path?: string;
  readonly size?: number;
  readonly isSparse?: boolean;
}

/** Lines `length key=value`, the length in bytes and with itself. */
function extendedIn(record: Buffer): Extended {
  let found: Extended = {};
  for (let at = 0; at < record.length;) {
    const space = record.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(record.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > record.length) return found;
    const line = record.toString('utf8', space + 1, at + length - 1);
    const equals = line.indexOf('=');
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1);
    if (key === 'path') found = { ...found, path: value };
    else if (key === 'size') found = { ...found, size: Number(value) };
    else if (key.startsWith('GNU.sparse.')) found = { ...found, isSparse: true };
    at += length;
  }
  return found;
}

function textIn(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function nameIn(header: Buffer): string {
  const name = textIn(header.subarray(0, 100));
  // GNU writes times there, and `ustar` with spaces behind it.
  const prefix = header[262] === 0 ? textIn(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal digits, or a number of bytes (GNU) for what they cannot say. */
function numberIn(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0)
    return field.subarray(1).reduce((value, byte) => value * 256 + byte, (field[0] ?? 0) & 0x7f);
  const digits = textIn(field).trim();
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** The sum of the header's bytes, its own field as spaces. */
function hasChecksum(header: Buffer): boolean {
  let sum = 8 * 0x20;
  for (let at = 0; at < blockBytes; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0;
  return sum === numberIn(header.subarray(148, 156));
}

/** Bytes of a stream, taken in portions of any size. */
class ByteSource {
  private readonly source: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);
  private failure: { readonly error: unknown } | undefined;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** At most `bytes`, at least one; undefined at the end. */
  async some(bytes: number): Promise<Buffer | undefined> {
    while (this.rest.length === 0) {
      if (this.failure !== undefined) throw this.failure.error;
      try {
        const next = await this.source.next();
        if (next.done === true) return undefined;
        this.rest = next.value;
      } catch (error) {
        this.failure = { error };
      }
    }
    const part = this.rest.subarray(0, bytes);
    this.rest = this.rest.subarray(part.length);
    return part;
  }

  /** Fewer only at the end. */
  async take(bytes: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let length = 0;
    while (length < bytes) {
      const part = await this.some(bytes - length);
      if (part === undefined) break;
      parts.push(part);
      length += part.length;
    }
    return Buffer.concat(parts);
  }

  /** False when the stream ends before. */
  async pass(bytes: number): Promise<boolean> {
    for (let left = bytes; left > 0;) {
      const part = await this.some(left);
      if (part === undefined) return false;
      left -= part.length;
    }
    return true;
  }
}

class EntryContent {
  private readonly input: ByteSource;
  private left: number;

  constructor(input: ByteSource, size: number) {
    this.input = input;
    this.left = size;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    while (this.left > 0) {
      const part = await this.input.some(this.left);
      if (part === undefined) throw new DecompressionFailed('the archive is cut off in the middle of it');
      this.left -= part.length;
      yield part;
    }
  }

  async passRest(): Promise<boolean> {
    const { left } = this;
    this.left = 0;
    return this.input.pass(left);
  }
}
