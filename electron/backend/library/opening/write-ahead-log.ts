import { readFileSync } from 'node:fs';

/**
 * What SQLite's write-ahead log holds, read without SQLite: it takes frames up to the first one whose checksum is wrong, and says nothing of
 * what comes after. Source: sqlite.org/walformat.html, "The WAL File Format" and "The WAL-Index File Format".
 */
export interface LogContent {
  /** Which generation of the log it is: eight bytes that its index repeats. */
  readonly salt: string;
  /** Frames (pages) that SQLite will take: whole transactions before the first frame that is damaged. */
  readonly taken: number;
  /** The last frame of this generation that ends a transaction, damaged or not. */
  readonly lastCommit: number;
}

/** The index that running processes share: it is left behind by a process that was killed. */
export interface LogIndex {
  readonly salt: string;
  /** Frames of committed transactions. */
  readonly committed: number;
  /** Of those, how many are in the database's own file already. */
  readonly folded: number;
  /** All of it: another text is another state. */
  readonly state: string;
}

const logHeaderBytes = 32;
const frameHeaderBytes = 24;
const littleEndianMagic = 0x377f0682;
const bigEndianMagic = 0x377f0683;
const lengthOfSalt = 8;
const indexHeaderBytes = 100;

/** Undefined where there is no log, or nothing of one. */
export function readLog(file: string): LogContent | undefined {
  const bytes = contentOf(file);
  if (!bytes || bytes.length < logHeaderBytes) return undefined;
  const magic = bytes.readUInt32BE(0);
  if (magic !== littleEndianMagic && magic !== bigEndianMagic) return { salt: '', taken: 0, lastCommit: 0 };
  const pageBytes = bytes.readUInt32BE(8);
  const saltBytes = bytes.subarray(16, 16 + lengthOfSalt);
  const sum = checksum(magic === littleEndianMagic);
  sum.add(bytes.subarray(0, 24));
  let valid = sum.is(bytes, 24);
  let taken = 0;
  let lastCommit = 0;
  const frameBytes = frameHeaderBytes + pageBytes;
  if (pageBytes < 512 || pageBytes > 65_536) return { salt: saltBytes.toString('hex'), taken, lastCommit };
  for (let frame = 1, at = logHeaderBytes; at + frameBytes <= bytes.length; frame++, at += frameBytes) {
    const isOfThisLog = bytes.subarray(at + 8, at + 8 + lengthOfSalt).equals(saltBytes);
    const endsTransaction = bytes.readUInt32BE(at + 4) !== 0;
    if (isOfThisLog && endsTransaction) lastCommit = frame;
    if (!valid) continue;
    sum.add(bytes.subarray(at, at + 8));
    sum.add(bytes.subarray(at + frameHeaderBytes, at + frameBytes));
    valid = isOfThisLog && sum.is(bytes, at + 16);
    if (valid && endsTransaction) taken = frame;
  }
  return { salt: saltBytes.toString('hex'), taken, lastCommit };
}

/** Undefined where there is none, or one that was never filled. Numbers are in the byte order of the machine that wrote it. */
export function readLogIndex(file: string): LogIndex | undefined {
  const bytes = contentOf(file);
  if (!bytes || bytes.length < indexHeaderBytes || bytes[12] !== 1) return undefined;
  return {
    salt: bytes.subarray(32, 32 + lengthOfSalt).toString('hex'),
    committed: bytes.readUInt32LE(16),
    folded: bytes.readUInt32LE(96),
    state: bytes.toString('latin1', 0, indexHeaderBytes),
  };
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** The log's running checksum, over 32 bit words of the byte order that its header names. */
function checksum(littleEndian: boolean): { add(bytes: Buffer): void; is(bytes: Buffer, at: number): boolean } {
  let first = 0;
  let second = 0;
  return {
    add(bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let at = 0; at + 8 <= bytes.length; at += 8) {
        first = (first + view.getUint32(at, littleEndian) + second) >>> 0;
        second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0;
      }
    },
    is: (bytes, at) => bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second,
  };
}
