import { isUtf8 } from 'node:buffer';
import { constants, inflateSync } from 'node:zlib';
import { base64Signs, longRuns, matchesAtRuns } from '../base/long-runs.ts';

/** A run of base64, or of hexadecimal digits, in a text. */
export interface Opaque {
  readonly start: number;
  readonly end: number;
  /** What it is when it is a text; undefined: bytes. */
  readonly content: string | undefined;
  /** Written without line ends, as it is compared. */
  readonly value: string;
  /** Another text in the same form. */
  readonly encode: (content: string) => string;
}

const run = /(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{20,}(?:\r?\n[A-Za-z0-9+/_-]{2,})*={0,2}(?![A-Za-z0-9+/=_-])/y;
const shortestRun = 20;
/** Shorter ones that are no text are ids, digests and names, which say nothing of anybody. */
const shortestFile = 512;

/** All runs that are a text, and those that are bytes and long, or compressed: those may hold anything. */
export function* readOpaque(text: string): Generator<Opaque> {
  for (const { 0: all, index } of matchesAtRuns(text, run, longRuns(text, base64Signs, shortestRun))) {
    const value = all.replaceAll(/\s/g, '');
    const hex = textOfHex(value);
    if (hex !== undefined) {
      yield { start: index, end: index + all.length, content: hex.text, value, encode: hex.encode };
      continue;
    }
    const isUrl = /[_-]/.test(value);
    if (isUrl && /[+/]/.test(value)) continue;
    const bytes = Buffer.from(value, 'base64');
    const content = textOf(bytes, value);
    const isFile = value.length >= shortestFile && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value);
    if (content === undefined && !isCompressed(bytes) && (!isFile || /[-_][a-z]+[-_]/.test(value))) continue;
    yield {
      start: index,
      end: index + all.length,
      content,
      value,
      encode: (made) => encoded(made, { isUrl, isPadded: value.length % 4 === 0, lineLength: lineLengthOf(all) }),
    };
  }
}

/** Digits of a text; those of a digest or an id are no text. */
function textOfHex(value: string): { readonly text: string; readonly encode: (made: string) => string } | undefined {
  if (value.length % 2 !== 0 || !/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(value) || !/[a-fA-F]/.test(value)) return undefined;
  const bytes = Buffer.from(value, 'hex');
  const text = isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  if (text === undefined || !isPlain(text)) return undefined;
  const isUpper = /[A-F]/.test(value);
  return {
    text,
    encode(made) {
      const digits = Buffer.from(made).toString('hex');
      return isUpper ? digits.toUpperCase() : digits;
    },
  };
}

const mostInflated = 64 * 1024;

/** gzip and zstd by how they begin, zlib by whether its beginning can be read. */
function isCompressed(bytes: Buffer): boolean {
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (first === 0x1f && second === 0x8b && third === 8) return true;
  if (first === 0x28 && second === 0xb5 && third === 0x2f && fourth === 0xfd) return true;
  if (first !== 0x78 || (first * 256 + second) % 31 !== 0) return false;
  try {
    inflateSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: mostInflated });
    return true;
  } catch (error) {
    return error instanceof RangeError;
  }
}

/** The text that a run of base64 holds; undefined where it holds bytes. */
function textOf(bytes: Buffer, value: string): string | undefined {
  if (bytes.length * 4 < value.replace(/=+$/, '').length * 3 - 4 || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return isPlain(text) ? text : undefined;
}

const isPlain = (text: string): boolean =>
  !/[\p{Cc}\p{Co}\p{Cn}]/u.test(text.replaceAll(/[\t\n\r]/g, '').replaceAll('\u001b', ''));

export const isTextInBase64 = (value: string): boolean => textOf(Buffer.from(value, 'base64'), value) !== undefined;

function lineLengthOf(text: string): number | undefined {
  const end = text.search(/\r?\n/);
  return end < 0 ? undefined : end;
}

function encoded(
  text: string,
  form: { readonly isUrl: boolean; readonly isPadded: boolean; readonly lineLength: number | undefined },
): string {
  const base64 = Buffer.from(text).toString(form.isUrl ? 'base64url' : 'base64');
  const made = form.isUrl || form.isPadded ? base64 : base64.replace(/=+$/, '');
  return form.lineLength === undefined
    ? made
    : made.replaceAll(new RegExp(`(.{${Math.max(1, form.lineLength)}})(?=.)`, 'g'), '$1\n');
}
