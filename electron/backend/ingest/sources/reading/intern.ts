/**
 * Strings that repeat on every span (attribute keys, names, JSON keys), made once and looked up by their bytes:
 * comparing about 25 bytes is cheaper than making a string, and the result is the same string object each time.
 * One entry per slot, the newest wins: hostile keys cost time in proportion to their own bytes, and memory is bounded.
 */
const maximumLength = 96;
const slots = 4_096;

interface Entry {
  readonly bytes: Buffer;
  readonly text: string;
}

export class StringInterner {
  private readonly table: (Entry | undefined)[] = Array.from({ length: slots }, () => undefined);

  /** UTF-8 text of the range; invalid bytes become U+FFFD. */
  text(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return '';
    if (length > maximumLength) return buffer.toString('utf8', start, end);
    let hash = length;
    // Every byte of a short key; keys of one vocabulary often differ in a single one.
    for (let index = start; index < end; index++) hash = (Math.imul(hash, 31) + (buffer[index] ?? 0)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (slots - 1);
    const known = this.table[slot];
    if (known !== undefined && known.bytes.length === length) {
      const { bytes } = known;
      let index = 0;
      while (index < length && bytes[index] === buffer[start + index]) index++;
      if (index === length) return known.text;
    }
    const text = buffer.toString('utf8', start, end);
    // A copy: the source buffer may be a whole file.
    this.table[slot] = { bytes: Buffer.from(buffer.subarray(start, end)), text };
    return text;
  }
}

/** One for all requests and files: a table made for each took 7 % of the time of a live request of 12 spans. */
export const sharedInterner = new StringInterner();
