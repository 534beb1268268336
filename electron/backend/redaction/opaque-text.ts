import { isUtf8 } from 'node:buffer';
import { base64Signs, longRuns, matchesAtRuns } from '../base/long-runs.ts';

/** A run of base64 in a text. */
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

/** All runs of base64 that are a text, and those that are bytes and long. */
export function* readOpaque(text: string): Generator<Opaque> {
  for (const { 0: all, index } of matchesAtRuns(text, run, longRuns(text, base64Signs, shortestRun))) {
    const value = all.replaceAll(/\s/g, '');
    const isUrl = /[_-]/.test(value);
    if (isUrl && /[+/]/.test(value)) continue;
    const content = textOf(Buffer.from(value, 'base64'), value);
    const isFile = value.length >= shortestFile && /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value);
    if (content === undefined && (!isFile || /[-_][a-z]+[-_]/.test(value))) continue;
    yield {
      start: index,
      end: index + all.length,
      content,
      value,
      encode: (made) => encoded(made, { isUrl, isPadded: value.length % 4 === 0, lineLength: lineLengthOf(all) }),
    };
  }
}

/** The text that a run of base64 holds; undefined where it holds bytes. */
function textOf(bytes: Buffer, value: string): string | undefined {
  if (bytes.length * 4 < value.replace(/=+$/, '').length * 3 - 4 || !isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return /[\p{Cc}\p{Co}\p{Cn}]/u.test(text.replaceAll(/[\t\n\r]/g, '').replaceAll('\u001b', '')) ? undefined : text;
}

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
