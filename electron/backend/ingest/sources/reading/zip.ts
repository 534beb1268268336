import { crc32 } from 'node:zlib';
import { BrokenArchive } from './broken-archive.ts';
import { decompressDeflate, decompress, DecompressionFailed } from './decompress.ts';
import { chunksOf } from './random-access.ts';
import type { RandomAccess } from './random-access.ts';

/**
 * Zip archives (APPNOTE 6.3.10), with zip64, data descriptors and a program in front; one volume. Entries are found by the list at the
 * end, as every unzip does. Written here because an entry must be refused and the next one read, names are text and never paths, and all
 * that is held is bounded.
 */
export interface ZipEntry {
  /** As the archive has it: text to show, no path to write to. */
  readonly name: string;
  /** Stated, and not trusted. */
  readonly bytes: number;
  readonly packedBytes: number;
  readonly kind: 'file' | 'folder' | 'link';
  /** Why the entry cannot be read; undefined: it can. */
  readonly refused: string | undefined;
  readonly method: number;
  readonly crc: number;
  readonly headerAt: number;
}

const stored = 0;
const deflated = 8;
const zstd = 93;
/** The list of 100,000 entries takes about 10 MB. */
const maximumDirectoryBytes = 64 * 1024 * 1024;
const endBytes = 22;
const maximumComment = 65_535;
const zip64Mark = 0xffff_ffff;
const isEncrypted = 1;
const isUtf8 = 0x800;
const linkMode = 0o120_000;
const modeMask = 0o170_000;

export const isZip = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) === 0x0403_4b50 || head.readUInt32LE(0) === 0x0605_4b50);

/** The archive's list, its first `maximum` entries, and how many more there are. Throws BrokenArchive. */
export async function readZipDirectory(
  file: RandomAccess,
  maximum: number,
): Promise<{ readonly entries: readonly ZipEntry[]; readonly leftOut: number }> {
  const { directoryAt, directoryBytes, shift } = await findDirectory(file);
  if (directoryBytes > maximumDirectoryBytes)
    throw new BrokenArchive(`its list of entries is larger than ${maximumDirectoryBytes / 1024 / 1024} MiB`);
  const directory = await file.read(directoryAt, directoryBytes);
  const entries: ZipEntry[] = [];
  let leftOut = 0;
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x0201_4b50;) {
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    if (extraEnd > directory.length) throw new BrokenArchive('its list of entries is cut off');
    if (entries.length < maximum) entries.push(entryAt(directory, at, nameEnd, extraEnd, shift));
    else leftOut += 1;
    at = extraEnd + directory.readUInt16LE(at + 32);
  }
  return { entries, leftOut };
}

async function findDirectory(
  file: RandomAccess,
): Promise<{ readonly directoryAt: number; readonly directoryBytes: number; readonly shift: number }> {
  const tailAt = Math.max(0, file.size - endBytes - maximumComment);
  const tail = await file.read(tailAt, file.size - tailAt);
  const end = tail.lastIndexOf('PK\u0005\u0006', undefined, 'latin1');
  if (end < 0 || end + endBytes > tail.length)
    throw new BrokenArchive('its list of entries, which stands at the end, is missing: it is cut off');
  let listEnd = tailAt + end;
  let directoryBytes = tail.readUInt32LE(end + 12);
  let stated = tail.readUInt32LE(end + 16);
  const locator = end - 20;
  if (locator >= 0 && tail.readUInt32LE(locator) === 0x0706_4b50) {
    const record = await file.read(numberAt(tail, locator + 8), 56);
    if (record.length === 56 && record.readUInt32LE(0) === 0x0606_4b50) {
      listEnd = numberAt(tail, locator + 8);
      directoryBytes = numberAt(record, 40);
      stated = numberAt(record, 48);
    }
  }
  // All places are counted from where the archive begins, which is not the file's beginning when something was put in front.
  const directoryAt = listEnd - directoryBytes;
  if (directoryAt < 0) throw new BrokenArchive('its list of entries points outside of the file');
  // Info-ZIP writes the mark for "too large" without the record that has the number, when it streams.
  return { directoryAt, directoryBytes, shift: stated === zip64Mark ? 0 : directoryAt - stated };
}

/** 64 bits; what is beyond 2^53 is beyond every file. */
const numberAt = (buffer: Buffer, at: number): number => Number(buffer.readBigUInt64LE(at));

function entryAt(list: Buffer, at: number, nameEnd: number, extraEnd: number, shift: number): ZipEntry {
  const flags = list.readUInt16LE(at + 8);
  const method = list.readUInt16LE(at + 10);
  const name = nameOf(list.subarray(at + 46, nameEnd), (flags & isUtf8) !== 0);
  const [bytes, packedBytes, header] = sizesOf(
    [list.readUInt32LE(at + 24), list.readUInt32LE(at + 20), list.readUInt32LE(at + 42)],
    list.subarray(nameEnd, extraEnd),
  );
  const mode = list.readUInt8(at + 5) === 3 ? list.readUInt16LE(at + 40) : 0;
  return {
    name,
    bytes,
    packedBytes,
    kind: /[/\\]$/.test(name) ? 'folder' : (mode & modeMask) === linkMode ? 'link' : 'file',
    refused:
      (flags & isEncrypted) !== 0
        ? 'it is encrypted'
        : method === stored || method === deflated || method === zstd
          ? undefined
          : `it is compressed with method ${method}, which Retake does not read`,
    method,
    crc: list.readUInt32LE(at + 16),
    headerAt: header + shift,
  };
}

/** The zip64 field has only those numbers that did not fit, in this order. */
function sizesOf(fields: readonly [number, number, number], extra: Buffer): readonly [number, number, number] {
  for (let at = 0; at + 4 <= extra.length;) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      let next = at + 4;
      const end = Math.min(next + length, extra.length);
      const take = (value: number): number => {
        if (value !== zip64Mark || next + 8 > end) return value;
        next += 8;
        return numberAt(extra, next - 8);
      };
      return [take(fields[0]), take(fields[1]), take(fields[2])];
    }
    at += 4 + length;
  }
  return fields;
}

/** Older programs do not say that a name is UTF-8; what is no UTF-8 is read as Latin 1, which shows something. */
function nameOf(bytes: Buffer, declared: boolean): string {
  const text = bytes.toString('utf8');
  return !declared && text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

/** What is packed in an entry. Throws DecompressionFailed after the last bytes that could be read. */
export async function* unpackEntry(file: RandomAccess, entry: ZipEntry): AsyncGenerator<Buffer> {
  const header = await file.read(entry.headerAt, 30);
  if (header.length < 30 || header.readUInt32LE(0) !== 0x0403_4b50)
    throw new DecompressionFailed('the archive does not have it where its list says');
  const dataAt = entry.headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = chunksOf(file, dataAt, entry.packedBytes);
  let checksum = 0;
  for await (const chunk of unpacked(packed, entry.method)) {
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== entry.crc)
    throw new DecompressionFailed('the data is broken or cut off (its checksum is another than the archive says)');
}

function unpacked(packed: AsyncIterable<Buffer>, method: number): AsyncIterable<Buffer> {
  if (method === deflated) return decompressDeflate(packed);
  return method === zstd ? decompress(packed, 'zstd') : packed;
}
