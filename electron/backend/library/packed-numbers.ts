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
