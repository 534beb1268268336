/**
 * Cuts a big value into pieces so that what an agent repeats at every llm step is recognised as the same bytes.
 * The pieces' concatenation is exactly the value: cutting is an economy, never a transformation, so a text that is no
 * valid JSON is merely cut badly.
 *
 * A JSON text is cut before and after each array element of at least `minimumPiece` bytes, at every level down to
 * `maximumCutDepth`: messages, their parts, tool definitions. Smaller neighbours stay together. Where such an element is
 * cut does not depend on what follows it, so that a value that only grew keeps its pieces.
 */
interface PieceRange {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
  /** The bytes are the inside of a JSON string literal: quotes are `\"` and inner escapes are doubled. */
  readonly escaped: boolean;
}

/** Where pieces end, as offsets from the start of the value; `nesting` holds the open containers there, to go on later. */
export interface Pieces {
  readonly ends: number[];
  readonly nesting: number[];
}

const minimumPiece = 128;
/** Elements smaller than `minimumPiece` are grouped up to this size. */
const groupedPiece = 512;
const maximumCutDepth = 8;
/** A value with more pieces than this is no conversation; its rest is one piece. */
const maximumPieces = 200_000;

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** Nesting as a number: a leading 1, then one bit per open container, 1 for an array. */
const noNesting = 1;

/** Whether the value may be cut at all. */
export function isJsonLike(buffer: Buffer, start: number): boolean {
  const first = buffer[start];
  return first === openBracket || first === openBrace;
}

/** Appends the pieces of the value from its last known end on; both lists empty: from its start. */
export function cutJson(range: PieceRange, { ends, nesting }: Pieces): void {
  const { escaped } = range;
  // A view, so that the native search for quotes never runs beyond the value.
  const bytes = range.buffer.subarray(range.start, range.end);
  let at = ends.at(-1) ?? 0;
  const isArray: boolean[] = [];
  /** Per open container: where its current element begins (-1: unknown, before this cut), and how many ends there were then. */
  const elementStart: number[] = [];
  const endsBefore: number[] = [];
  for (const bit of (nesting.at(-1) ?? noNesting).toString(2).slice(1)) open(bit === '1', -1);
  /** Containers deeper than `maximumCutDepth`: counted, not looked at. */
  let tooDeep = 0;

  function open(array: boolean, from: number): void {
    isArray.push(array);
    elementStart.push(from);
    endsBefore.push(ends.length);
  }

  /** An element of the innermost array ended at `stop`. */
  function elementEnded(stop: number): void {
    const level = isArray.length - 1;
    if (level < 0 || isArray[level] !== true || ends.length >= maximumPieces) return;
    const first = elementStart[level] ?? -1;
    const before = endsBefore[level] ?? 0;
    const mask = maskOf(isArray);
    if (first < 0 || stop - first >= minimumPiece) {
      if (first > (ends[before - 1] ?? 0)) {
        ends.splice(before, 0, first);
        nesting.splice(before, 0, mask);
      }
      if (ends.at(-1) !== stop) {
        ends.push(stop);
        nesting.push(mask);
      }
      // Also after an element that was cut inside: whoever goes on from there does not know how small it is.
    } else if ((ends.at(-1) ?? 0) > first || stop - (ends.at(-1) ?? 0) >= groupedPiece) {
      if (ends.at(-1) === stop) return;
      ends.push(stop);
      nesting.push(mask);
    }
  }

  function elementBegins(): void {
    const level = isArray.length - 1;
    if (level < 0 || isArray[level] !== true) return;
    elementStart[level] = at;
    endsBefore[level] = ends.length;
  }

  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === quote || (escaped && byte === backslash)) {
      if (escaped && byte === backslash && bytes[at + 1] !== quote) {
        at += 2;
        continue;
      }
      if (tooDeep === 0) elementBegins();
      at = afterString(bytes, byte === quote ? at + 1 : at + 2, escaped);
      if (tooDeep === 0) elementEnded(at);
    } else if (byte === openBracket || byte === openBrace) {
      if (isArray.length >= maximumCutDepth) tooDeep++;
      else {
        elementBegins();
        open(byte === openBracket, -1);
      }
      at++;
    } else if (byte === closeBracket || byte === closeBrace) {
      at++;
      if (tooDeep > 0) tooDeep--;
      else {
        isArray.pop();
        elementStart.pop();
        endsBefore.pop();
        if (isArray.length === 0) return;
        elementEnded(at);
      }
    } else at++;
  }
}

function maskOf(isArray: readonly boolean[]): number {
  let mask = noNesting;
  for (const array of isArray) mask = mask * 2 + (array ? 1 : 0);
  return mask;
}

/**
 * From just after an opening quote to just after the closing one; the end of the value when there is none. Searched
 * natively for quotes: a quote closes the string when the number of backslashes before it says so.
 */
function afterString(bytes: Buffer, from: number, escaped: boolean): number {
  let at = from;
  for (;;) {
    const found = bytes.indexOf(quote, at);
    if (found < 0) return bytes.length;
    let first = found;
    while (first > from && bytes[first - 1] === backslash) first--;
    const backslashes = found - first;
    // Inside a literal each inner backslash is written `\\` and each quote `\"`: 2n + 1 backslashes are n inner ones.
    const inner = escaped ? (backslashes - 1) / 2 : backslashes;
    if (inner % 2 === 0) return found + 1;
    at = found + 1;
  }
}

/** AnyValue: ArrayValue in field 5 or KeyValueList in field 6, each holding items as field 1. */
const arrayTag = 5 * 8 + 2;
const mapTag = 6 * 8 + 2;
const itemTag = 1 * 8 + 2;

/**
 * Where the items of an encoded array or map begin, when the bytes are exactly one such value; the length before them
 * changes as the value grows and is therefore no part of what is cut and compared.
 */
export function listHead(bytes: Buffer): number | undefined {
  if (bytes[0] !== arrayTag && bytes[0] !== mapTag) return undefined;
  const length = varintAt(bytes, 1);
  return length && length.next + length.value === bytes.length ? length.next : undefined;
}

/** Appends the pieces of the items of an encoded array or map (`listHead` onwards) from the last known end on. */
export function cutList({ buffer, start, end }: PieceRange, { ends, nesting }: Pieces): void {
  let last = start + (ends.at(-1) ?? 0);
  let at = last;
  while (at < end && ends.length < maximumPieces) {
    if (buffer[at] !== itemTag) return;
    const length = varintAt(buffer, at + 1);
    if (!length || length.next + length.value > end) return;
    const stop = length.next + length.value;
    if (stop - at >= minimumPiece && at > last) push(at);
    if (stop - at >= minimumPiece || stop - last >= groupedPiece) push(stop);
    at = stop;
  }
  function push(position: number): void {
    ends.push(position - start);
    nesting.push(noNesting);
    last = position;
  }
}

function varintAt(bytes: Buffer, from: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  let scale = 1;
  for (let at = from; at < from + 5; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, next: at + 1 };
    scale *= 128;
  }
  return undefined;
}
