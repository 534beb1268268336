import type { TextRange } from '../../../telemetry/raw-span.ts';

/** A text that was read, where it was read. */
export interface EarlierText {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /** How far behind its start the first backslash is; infinity where it has none. */
  readonly firstEscape: number;
}

/** Shorter ones are read faster than compared. */
const worthComparing = 512;
const maximumKeys = 4_096;
/** An agent and its sub-agent take turns. */
const textsPerKey = 2;
/** Windows of the input that are kept for it. */
const maximumHeldBytes = 32 * 1024 * 1024;

/** The last long texts of each key, for what comes next to be compared with: they are left where they were read. */
export class EarlierTexts {
  private readonly texts = new Map<string, EarlierText[]>();
  /** In the order in which they were read. */
  private readonly buffers = new Set<Buffer>();
  private heldBytes = 0;

  /** The one that the text at this place begins as; undefined where none is near. */
  like(key: string, buffer: Buffer, start: number): EarlierText | undefined {
    const texts = this.texts.get(key);
    if (texts === undefined) return undefined;
    for (const text of texts) {
      const length = worthComparing;
      if (
        text.buffer.compare(buffer, start, Math.min(start + length, buffer.length), text.start, text.start + length) ===
        0
      )
        return text;
    }
    return undefined;
  }

  add(key: string, { buffer, start, end, escaped }: TextRange): void {
    if (end - start < worthComparing) return;
    if (this.texts.size >= maximumKeys && !this.texts.has(key)) this.forget();
    this.hold(buffer);
    const text = {
      buffer,
      start,
      end,
      firstEscape: escaped ? buffer.indexOf(0x5c, start) - start : Number.POSITIVE_INFINITY,
    };
    const texts = this.texts.get(key);
    if (texts === undefined) {
      this.texts.set(key, [text]);
      return;
    }
    const begins = this.like(key, buffer, start);
    if (begins !== undefined) texts.splice(texts.indexOf(begins), 1);
    else if (texts.length >= textsPerKey) texts.pop();
    texts.unshift(text);
  }

  private hold(buffer: Buffer): void {
    if (this.buffers.has(buffer)) return;
    this.buffers.add(buffer);
    this.heldBytes += buffer.length;
    // The newest is held by whoever reads it.
    for (const oldest of this.buffers) {
      if (this.heldBytes - buffer.length <= maximumHeldBytes || oldest === buffer) break;
      this.release(oldest);
    }
  }

  private release(buffer: Buffer): void {
    this.buffers.delete(buffer);
    this.heldBytes -= buffer.length;
    for (const [key, texts] of this.texts) {
      const left = texts.filter((text) => text.buffer !== buffer);
      if (left.length === 0) this.texts.delete(key);
      else if (left.length < texts.length) this.texts.set(key, left);
    }
  }

  private forget(): void {
    this.texts.clear();
    this.buffers.clear();
    this.heldBytes = 0;
  }
}
