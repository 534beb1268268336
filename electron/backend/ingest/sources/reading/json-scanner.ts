import { commonPrefix } from '../../../base/common-prefix.ts';
import { unescapeJson } from '../../../telemetry/json-text.ts';
import type { EarlierText } from './earlier-texts.ts';
import { sharedInterner } from './intern.ts';

/** The text is not JSON, or ends in the middle of a value. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
  readonly offset: number;
  constructor(what: string, offset: number) {
    super(what);
    this.offset = offset;
  }
}

/** Thrown (one object, no stack) when a value goes on beyond the window: the caller refills and reads the value again. */
export const needMore = { reason: 'the value goes on beyond the window' } as const;

const quote = 0x22;
const backslash = 0x5c;
const newline = 0x0a;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** After so many bytes without an end, searching with native code is faster than looking at each byte. */
const shortString = 64;

/**
 * Reads JSON from bytes without making values: strings stay byte ranges. Nothing is recursive here, memory is constant.
 * Works on a window of the input; unless `final`, reaching its end throws `needMore`.
 */
export class JsonScanner {
  buffer: Buffer = Buffer.alloc(0);
  position = 0;
  end = 0;
  final = false;
  /** The string, number or literal read last, quotes excluded; `textEscaped`: it holds backslashes. */
  textStart = 0;
  textEnd = 0;
  textEscaped = false;
  readonly interner = sharedInterner;
  private newlineAt = -1;
  private backslashAt = -1;
  private quoteAt = -1;

  /** Continues in another buffer: `position` becomes 0. */
  refill(buffer: Buffer, final: boolean): void {
    this.buffer = buffer;
    this.position = 0;
    this.end = buffer.length;
    this.final = final;
    this.newlineAt = -1;
    this.backslashAt = -1;
    this.quoteAt = -1;
  }

  /** The next byte that is not white space, not consumed; -1 at the end of the window. */
  next(): number {
    const { buffer, end } = this;
    let position = this.position;
    while (position < end) {
      const byte = buffer[position] ?? 0;
      if (byte > 0x20 || (byte !== 0x20 && byte !== newline && byte !== 0x0d && byte !== 0x09)) {
        this.position = position;
        return byte;
      }
      position++;
    }
    this.position = position;
    return -1;
  }

  peek(): number {
    const byte = this.next();
    if (byte < 0) this.cut('a value');
    return byte;
  }

  /** Consumes `{` or `[`; false when something else comes. */
  open(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.position++;
    return true;
  }

  openObject(): boolean {
    return this.open(openBrace);
  }

  openArray(): boolean {
    return this.open(openBracket);
  }

  /** Inside an object: the next key, its colon consumed; undefined when the object ended. */
  nextKey(first: boolean): string | undefined {
    let byte = this.peek();
    if (byte === closeBrace) {
      this.position++;
      return undefined;
    }
    if (!first) {
      if (byte !== comma) this.fail('expected "," or "}"');
      this.position++;
      byte = this.peek();
    }
    if (byte !== quote) this.fail('expected a key in quotes');
    this.string();
    const key = this.textEscaped
      ? this.unescaped().toString('utf8')
      : this.interner.text(this.buffer, this.textStart, this.textEnd);
    if (this.peek() !== colon) this.fail('expected ":" after a key');
    this.position++;
    return key;
  }

  /** Inside an array: whether another element follows. */
  nextElement(first: boolean): boolean {
    const byte = this.peek();
    if (byte === closeBracket) {
      this.position++;
      return false;
    }
    if (first) return true;
    if (byte !== comma) this.fail('expected "," or "]"');
    this.position++;
    this.peek();
    return true;
  }

  /** A string, the position at its opening quote. A raw line break inside is an error: it is a line that was cut off. */
  string(): void {
    this.stringFrom(this.position + 1, false);
  }

  /**
   * As `string`, where it may begin as an earlier one does: what both have in common is compared natively, and only what is new is read.
   * A prompt repeats the one before it, so that this is nearly all of a long run (FACTS.md, Storage figures).
   */
  stringLike(earlier: EarlierText): void {
    const { buffer } = this;
    const start = this.position + 1;
    let known = start + commonPrefix(earlier.buffer, earlier.start, earlier.end, buffer, start, this.end);
    // Not behind half of an escape: what stands before the backslashes is whole.
    while (known > start && buffer[known - 1] === backslash) known--;
    this.stringFrom(known, earlier.firstEscape < known - start);
  }

  /** What lies between the opening quote and `from` holds neither a quote nor a line break that would end the string. */
  private stringFrom(from: number, escapedBefore: boolean): void {
    const { buffer } = this;
    const start = this.position + 1;
    if (this.newlineAt < from) this.newlineAt = this.find(newline, from);
    const limit = this.newlineAt;
    let escaped = escapedBefore;
    let position = from;
    for (;;) {
      const stop = Math.min(limit, position + shortString);
      let escapes = false;
      let byte = 0;
      while (position < stop) {
        byte = buffer[position] ?? 0;
        if (byte === quote) break;
        if (byte === backslash) {
          escapes = true;
          position += 2;
        } else position++;
      }
      if (escapes) escaped = true;
      if (position < stop) break;
      if (position >= limit) this.cutString(limit);
      if (escapes) continue;
      if (this.backslashAt < position) this.backslashAt = this.find(backslash, position);
      // Remembered: looked for again after every escape, a string of log lines takes the square of its length (16 MB: 25 s).
      if (this.quoteAt < position) this.quoteAt = this.find(quote, position);
      if (this.quoteAt < this.backslashAt) {
        if (this.quoteAt >= limit) this.cutString(limit);
        position = this.quoteAt;
        break;
      }
      if (this.quoteAt >= this.end && this.backslashAt >= limit) this.cutString(limit);
      // Nothing special before the backslash: go on from there byte by byte.
      position = Math.min(this.backslashAt, limit);
      if (position >= limit) this.cutString(limit);
    }
    this.textStart = start;
    this.textEnd = position;
    this.textEscaped = escaped;
    this.position = position + 1;
  }

  /** A string, or a number or literal as it is written. Anything else is refused by the result false, nothing consumed. */
  scalar(): boolean {
    const byte = this.peek();
    if (byte === quote) {
      this.string();
      return true;
    }
    if (byte === openBrace || byte === openBracket) return false;
    const { buffer, end } = this;
    let position = this.position;
    while (position < end && isLiteral(buffer[position] ?? 0)) position++;
    if (position === end && !this.final) throw needMore;
    if (position === this.position) this.fail('expected a value');
    this.textStart = this.position;
    this.textEnd = position;
    this.textEscaped = false;
    this.position = position;
    return true;
  }

  /** Passes over one value of any kind. */
  skipValue(): void {
    let depth = 0;
    for (;;) {
      const byte = this.peek();
      if (byte === openBrace || byte === openBracket) {
        depth++;
        this.position++;
      } else if (byte === closeBrace || byte === closeBracket) {
        if (depth === 0) this.fail('expected a value');
        depth--;
        this.position++;
      } else if (depth > 0 && (byte === comma || byte === colon)) this.position++;
      else this.scalar();
      if (depth === 0) return;
    }
  }

  /** The text read last, as plain UTF-8 bytes. */
  unescaped(): Buffer {
    return this.textEscaped
      ? unescapeJson(this.buffer, this.textStart, this.textEnd)
      : this.buffer.subarray(this.textStart, this.textEnd);
  }

  /** The text read last, as a string. */
  text(): string {
    return this.textEscaped
      ? this.unescaped().toString('utf8')
      : this.buffer.toString('utf8', this.textStart, this.textEnd);
  }

  fail(what: string): never {
    const byte = this.buffer[this.position];
    throw new MalformedJson(
      byte === undefined ? what : `${what}, found ${JSON.stringify(String.fromCharCode(byte))}`,
      this.position,
    );
  }

  private find(byte: number, from: number): number {
    const found = this.buffer.indexOf(byte, from);
    return found < 0 ? this.end : found;
  }

  private cut(what: string): never {
    if (!this.final) throw needMore;
    throw new MalformedJson(`the text ends where ${what} is expected`, this.end);
  }

  private cutString(limit: number): never {
    if (limit < this.end) throw new MalformedJson('a line ends inside a string', limit);
    if (!this.final) throw needMore;
    throw new MalformedJson('the text ends inside a string', this.end);
  }
}

/** Letters, digits, sign and point: numbers, true, false, null, NaN, Infinity. */
function isLiteral(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2e ||
    byte === 0x2d ||
    byte === 0x2b
  );
}
