/**
 * Strings that repeat on every span (attribute keys, names, JSON keys), made once and looked up by their bytes:
 * comparing about 25 bytes is cheaper than making a string, and the result is the same string object each time.
 * Bounded in number, length and bucket size, so that hostile keys cost time in proportion to their own bytes only.
 */
const maximumLength = 96;
const maximumEntries = 8_192;
const maximumBucket = 4;

interface Entry {
  readonly bytes: Buffer;
  readonly text: string;
}

export class StringInterner {
  private readonly buckets = new Map<number, Entry[]>();
  private entries = 0;

  /** UTF-8 text of the range; invalid bytes become U+FFFD. */
  text(buffer: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length === 0) return '';
    if (length > maximumLength) return buffer.toString('utf8', start, end);
    const hash = (length << 24) ^ ((buffer[start] ?? 0) << 16) ^ ((buffer[start + (length >> 1)] ?? 0) << 8) ^ (buffer[end - 1] ?? 0) ^ ((buffer[start + (length >> 2)] ?? 0) << 12);
    const bucket = this.buckets.get(hash);
    if (bucket !== undefined) {
      for (const entry of bucket) {
        const { bytes } = entry;
        if (bytes.length !== length) continue;
        let index = 0;
        while (index < length && bytes[index] === buffer[start + index]) index++;
        if (index === length) return entry.text;
      }
    }
    const text = buffer.toString('utf8', start, end);
    if (this.entries < maximumEntries && (bucket === undefined || bucket.length < maximumBucket)) {
      // A copy: the source buffer may be a whole file.
      const entry = { bytes: Buffer.from(buffer.subarray(start, end)), text };
      if (bucket === undefined) this.buckets.set(hash, [entry]);
      else bucket.push(entry);
      this.entries++;
    }
    return text;
  }
}
