/** JSON string literals as bytes: unescaping without going through a JavaScript string, which costs twice the memory. */

const backslash = 0x5c;
const hexValue = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 10; digit++) hexValue[0x30 + digit] = digit;
for (let digit = 10; digit < 16; digit++) {
  hexValue[0x61 - 10 + digit] = digit;
  hexValue[0x41 - 10 + digit] = digit;
}
const simpleEscape = new Uint8Array(256);
for (const [escape, character] of [
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
] as const) {
  simpleEscape[escape.charCodeAt(0)] = character.charCodeAt(0);
}

/** The 16-bit unit written as four hex digits at `at`, or -1. */
function unitAt(buffer: Buffer, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let unit = 0;
  for (let index = at; index < at + 4; index++) {
    const digit = hexValue[buffer[index] ?? 0] ?? -1;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/**
 * Plain UTF-8 of the inside of a JSON string literal. Total: an escape that JSON does not know is kept as written,
 * half a surrogate pair becomes U+FFFD. Returns a view on `buffer` when there is no backslash in the range.
 */
export function unescapeJson(buffer: Buffer, start: number, end: number): Buffer {
  const first = buffer.indexOf(backslash, start);
  if (first < 0 || first >= end) return buffer.subarray(start, end);
  return unescapeSimple(buffer, start, end) ?? unescapeAny(buffer, start, end, first);
}

/** Below this it is not worth going through a string. */
const worthParsing = 256;

/**
 * As `unescapeJson` where every escape is one of the simple ones; undefined where that is not so, or the text is short. The bytes go through
 * JSON.parse as characters of one byte each, which takes half the time of the loop below.
 */
export function unescapeSimple(buffer: Buffer, start: number, end: number): Buffer | undefined {
  if (end - start < worthParsing) return undefined;
  const text = buffer.toString('latin1', start, end);
  if (text.includes('\\u')) return undefined;
  try {
    const plain: unknown = JSON.parse(`"${text}"`);
    return typeof plain === 'string' ? Buffer.from(plain, 'latin1') : undefined;
  } catch {
    return undefined;
  }
}

function unescapeAny(buffer: Buffer, start: number, end: number, first: number): Buffer {
  const result = Buffer.allocUnsafe(end - start);
  buffer.copy(result, 0, start, first);
  let to = first - start;
  let from = first;
  while (from < end) {
    const byte = buffer[from++] ?? 0;
    if (byte !== backslash || from >= end) {
      result[to++] = byte;
      continue;
    }
    const kind = buffer[from++] ?? 0;
    const simple = simpleEscape[kind] ?? 0;
    if (simple !== 0) {
      result[to++] = simple;
      continue;
    }
    let code = kind === 0x75 ? unitAt(buffer, from, end) : -1;
    if (code < 0) {
      result[to++] = backslash;
      result[to++] = kind;
      continue;
    }
    from += 4;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low =
        code <= 0xdbff && buffer[from] === backslash && buffer[from + 1] === 0x75 ? unitAt(buffer, from + 2, end) : -1;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        from += 6;
      } else code = 0xfffd;
    }
    // An escape takes at least as many bytes as its UTF-8: 6 for up to 3, 12 for 4.
    if (code < 0x80) result[to++] = code;
    else if (code < 0x800) {
      result[to++] = 0xc0 | (code >> 6);
      result[to++] = 0x80 | (code & 0x3f);
    } else if (code < 0x10000) {
      result[to++] = 0xe0 | (code >> 12);
      result[to++] = 0x80 | ((code >> 6) & 0x3f);
      result[to++] = 0x80 | (code & 0x3f);
    } else {
      result[to++] = 0xf0 | (code >> 18);
      result[to++] = 0x80 | ((code >> 12) & 0x3f);
      result[to++] = 0x80 | ((code >> 6) & 0x3f);
      result[to++] = 0x80 | (code & 0x3f);
    }
  }
  return result.subarray(0, to);
}

/** Whether the bytes are the inside of a JSON string literal that any JSON reader accepts. UTF-8 is not checked. */
export function isJsonText(buffer: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = buffer[index] ?? 0;
    if (byte < 0x20 || byte === 0x22) return false;
    if (byte !== backslash) continue;
    const kind = buffer[++index] ?? 0;
    if (index >= end) return false;
    if ((simpleEscape[kind] ?? 0) !== 0) continue;
    if (kind !== 0x75 || unitAt(buffer, index + 1, end) < 0) return false;
    index += 4;
  }
  return true;
}
