import type { IncomingHttpHeaders } from 'node:http';
import { keyMark } from '../../../shared/model/key-mark.ts';
import { readKeyName } from './key-names.ts';
import { createKeyFinder } from './key-shapes.ts';
import type { KeyPlace } from './key-shapes.ts';
import { isKeyValue, isWordy } from './key-values.ts';

const keyVariables = /(?:API_?KEY|AUTH_TOKEN|ACCESS_TOKEN|SECRET|_TOKEN)$/i;
const keyHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie'];
const shortestKey = 8;
/** Words that a key may stand after. */
const keyWord = /key|token|secret|pass|pwd|credential|auth|bearer|basic/gi;
/** The end of a text that may go on. */
const openEnd = /(?:(?:setx?[ \t]{0,4}(?:-\w{0,2}[ \t]{0,4})?|ENV[ \t]{0,4}|ARG[ \t]{0,4}))?[\x21-\x7e]*$/;
const longestKey = 1_000;
/** As far back as a name may stand before the end of its key. */
const longestLine = 2_500;
/** What may stand before a name and belong to it. */
const beforeName = 76;
const privateKeyStart = '-----BEGIN ';
const longestPrivateKey = 16_384;
/** Keys that are kept in mind beyond what the environment and the requests say. */
const mostLearnt = 64;
const shortestLearnt = 16;

/**
 * Keys pass through the gateway and stay nowhere: everything that is kept goes through `clean` first. It knows the keys of
 * the environment and of every request it has seen, what keys of the large providers look like, and names that keys stand after.
 */
export interface Secrets {
  /** Learns the keys that a request carries. */
  learn(headers: IncomingHttpHeaders, query: URLSearchParams): void;
  clean(bytes: Buffer): Buffer;
  cleanText(text: string): string;
  /** The text in pieces, in order: keys, and what stands between them. */
  pieces(text: string): readonly Piece[];
  /** Cleans what is written line by line: a private key goes on for many of them. */
  lines(): (line: string) => string;
  /** Cleans a text that comes piece by piece: an end that may be the beginning of a key waits for what follows. */
  stream(): { take(piece: string): string; end(): string };
}

export function createSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  const keys = new Set<string>();
  const add = (value: string | undefined): void => {
    const key = value?.replace(/^(?:Bearer|Basic) /i, '').trim();
    if (key !== undefined && key.length >= shortestKey) keys.add(key);
  };
  for (const [name, value] of Object.entries(environment)) {
    const known = value === undefined ? undefined : readKeyName(name);
    if (keyVariables.test(name) || (known && value !== undefined && isKeyValue(value, known, true) && !isWordy(value)))
      add(value);
  }
  /** Those that stood after a name: they count where they stand alone, as one may be the beginning of another. */
  const named = new Set<string>();
  const findKeys = createKeyFinder();
  const cleaned = new WeakMap<Buffer, { readonly keys: number; readonly clean: Buffer }>();

  function learnFrom(text: string, places: readonly KeyPlace[]): void {
    for (const { start, end, isNamed } of places) {
      const key = text.slice(start, end);
      if (!isNamed || named.size >= mostLearnt || named.has(key)) continue;
      if (key.length < shortestLearnt || !/^[\w.~+/=@:-]+$/.test(key) || !/\d/.test(key) || isWordy(key)) continue;
      named.add(key);
    }
  }

  /** The keys that are known, then what looks like one or stands after a name, then what was learnt by that. */
  function pieces(text: string, isWhole = true): readonly Piece[] {
    const made = cut(text, placesOf(text, keys)).flatMap((piece) => {
      if (piece.isKey) return [piece];
      const places = findKeys(piece.text);
      if (isWhole) learnFrom(piece.text, places);
      return cut(piece.text, places);
    });
    return named.size === 0
      ? made
      : made.flatMap((piece) => (piece.isKey ? [piece] : cut(piece.text, placesOf(piece.text, named, standsAlone))));
  }

  function cleanText(text: string): string {
    return pieces(text)
      .map((piece) => (piece.isKey ? keyMark : piece.text))
      .join('');
  }

  /** A key that is whole is not cut into two. */
  function outsideKeys(text: string, end: number): number {
    let at = 0;
    for (const piece of pieces(text, false)) {
      if (piece.isKey && at < end && at + piece.text.length > end) return at;
      at += piece.text.length;
    }
    return end;
  }

  /** From where on a text may hold a key that has not ended. */
  function openFrom(text: string): number {
    const begun = text.lastIndexOf(privateKeyStart);
    const isOpen =
      begun >= 0 && text.length - begun < longestPrivateKey && !/-----END [A-Z0-9 ]+-----/.test(text.slice(begun));
    const lineStart = Math.max(text.lastIndexOf('\n') + 1, text.length - longestLine);
    keyWord.lastIndex = 0;
    const word = keyWord.exec(text.slice(lineStart));
    let from = text.length - (openEnd.exec(text.slice(-longestKey))?.[0].length ?? 0);
    if (word) from = Math.min(from, Math.max(lineStart, lineStart + word.index - beforeName));
    if (isOpen) from = Math.min(from, begun);
    for (const key of keys) {
      let length = Math.min(key.length - 1, text.length);
      while (length > text.length - from && !text.endsWith(key.slice(0, length))) length--;
      from = Math.min(from, text.length - length);
    }
    return from;
  }

  function stream(): { take(piece: string): string; end(): string } {
    let waiting = '';
    return {
      take(piece) {
        waiting += piece;
        const end = outsideKeys(waiting, openFrom(waiting));
        const ready = waiting.slice(0, end);
        waiting = waiting.slice(end);
        return cleanText(ready);
      },
      end() {
        const last = cleanText(waiting);
        waiting = '';
        return last;
      },
    };
  }

  function lines(): (line: string) => string {
    let isKey = false;
    return (line) => {
      const begun = line.lastIndexOf(privateKeyStart);
      const ended = line.lastIndexOf('-----END ');
      if (isKey) {
        // What is no part of a key ends it, too.
        isKey = ended < 0 && /^[A-Za-z0-9+/=:,\s-]*$/.test(line);
        if (ended >= 0) return keyMark;
        if (isKey) return keyMark;
      }
      isKey = begun > ended && /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY/.test(line);
      return isKey ? `${cleanText(line.slice(0, begun))}${keyMark}` : cleanText(line);
    };
  }

  return {
    pieces,
    stream,
    lines,
    learn(headers, query) {
      for (const name of keyHeaders) {
        const value = headers[name];
        if (typeof value === 'string') add(value);
      }
      add(query.get('key') ?? undefined);
    },
    clean(bytes) {
      const known = cleaned.get(bytes);
      if (known?.keys === keys.size + named.size) return known.clean;
      // Byte for byte: not every body is valid UTF-8.
      const text = bytes.toString('latin1');
      const without = cleanText(text);
      const clean = without === text ? bytes : Buffer.from(without, 'latin1');
      cleaned.set(bytes, { keys: keys.size + named.size, clean });
      return clean;
    },
    cleanText,
  };
}

interface Piece {
  readonly text: string;
  readonly isKey: boolean;
}

/** Where the keys stand, the longest first: one may be the beginning of another. */
function placesOf(
  text: string,
  keys: Iterable<string>,
  counts: (text: string, start: number, end: number) => boolean = () => true,
): readonly Pick<KeyPlace, 'start' | 'end'>[] {
  const places: Pick<KeyPlace, 'start' | 'end'>[] = [];
  for (const key of [...keys].toSorted((a, b) => b.length - a.length)) {
    for (let start = text.indexOf(key); start >= 0; start = text.indexOf(key, start + key.length)) {
      const end = start + key.length;
      if (counts(text, start, end) && !places.some((place) => place.start < end && start < place.end))
        places.push({ start, end });
    }
  }
  return places.toSorted((a, b) => a.start - b.start);
}

function standsAlone(text: string, start: number, end: number): boolean {
  return !/[\w+/]/.test(text[start - 1] ?? '') && !/[\w+/=-]/.test(text[end] ?? '');
}

function cut(text: string, places: readonly Pick<KeyPlace, 'start' | 'end'>[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start, end } of places) {
    if (start > at) pieces.push({ text: text.slice(at, start), isKey: false });
    pieces.push({ text: text.slice(start, end), isKey: true });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isKey: false });
  return pieces;
}
