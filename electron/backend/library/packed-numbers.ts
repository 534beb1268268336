import { crc32 } from 'node:zlib';

/** Lists of integers as bytes: what the library's blocks, sequences and references are written in. */

/** Non-negative integers below 2^53 as varints. */
export function packNumbers(values: readonly number[]): Buffer {
  let bytes = Buffer.allocUnsafe(values.length * 2 + 16);
  let at = 0;
  for (const value of values) {
    if (at + 8 > bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)]);
    let rest = value;
    while (rest > 127) {
      bytes[at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    bytes[at++] = rest;
  }
  return Buffer.from(bytes.subarray(0, at));
}

export function unpackNumbers(bytes: Buffer): number[] {
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 127) * scale;
    if (byte > 127) scale *= 128;
    else {
      values.push(value);
      value = 0;
      scale = 1;
    }
  }
  return values;
}

/**
 * Content ids as one number each: a literal (negative id, see literals.ts) as 3n + 2, others as the difference to the
 * id before, 3n forwards and 3n + 1 backwards. The new messages of a conversation take one byte each.
 */
export function idsToNumbers(ids: readonly number[]): number[] {
  let previous = 0;
  return ids.map((id) => {
    if (id < 0) return -id * 3 + 2;
    const difference = id - previous;
    previous = id;
    return difference < 0 ? -difference * 3 + 1 : difference * 3;
  });
}

export function numbersToIds(numbers: readonly number[]): number[] {
  let previous = 0;
  return numbers.map((number) => {
    const kind = number % 3;
    const size = (number - kind) / 3;
    if (kind === 2) return -size;
    return (previous += kind === 1 ? -size : size);
  });
}

const checksumBytes = 4;
const isContinued = (byte: number): boolean => byte > 127;

/**
 * The list with a checksum behind it: 28 bits in four bytes, each of which says that its number goes on. A list ends with a byte that does not,
 * so that lists from before have none, and who reads the numbers passes over it.
 */
export function withChecksum(list: Buffer): Buffer {
  const sum = crc32(list) >>> 4;
  return Buffer.concat([
    list,
    Buffer.from(Array.from({ length: checksumBytes }, (_, index) => ((sum >>> (7 * index)) & 127) | 128)),
  ]);
}

/** False where the list is not what was written; true for one from before checksums. */
export function hasItsChecksum(bytes: Buffer): boolean {
  const sum = bytes.subarray(-checksumBytes);
  if (bytes.length < checksumBytes || !isContinued(bytes.at(-1) ?? 0)) return true;
  return withChecksum(bytes.subarray(0, -checksumBytes)).subarray(-checksumBytes).equals(sum);
}
