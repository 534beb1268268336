import type { IncomingHttpHeaders } from 'node:http';
import { keyMark } from '../../../shared/model/key-mark.ts';

/** What keys look like, for those that stand in a prompt or a tool's output. */
const knownShapes =
  /\b(?:sk-[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{20,}|AKIA[0-9A-Z]{16})|\bBearer [A-Za-z0-9._~+/-]{16,}=*/g;
const keyVariables = /(?:API_?KEY|AUTH_TOKEN|ACCESS_TOKEN|SECRET|_TOKEN)$/i;
const keyHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie'];
const shortestKey = 8;
/** What a key is made of; a text that ends in it may go on as one. */
const openEnd = /(?:\bBearer )?[\w.~+/=-]*$/;
const longestKey = 1_000;

/**
 * Keys pass through the gateway and stay nowhere: everything that is kept goes through `clean` first. It knows the keys of
 * the environment and of every request it has seen, and what keys of the large providers look like.
 */
export interface Secrets {
  /** Learns the keys that a request carries. */
  learn(headers: IncomingHttpHeaders, query: URLSearchParams): void;
  clean(bytes: Buffer): Buffer;
  cleanText(text: string): string;
  /** The text in pieces, in order: keys, and what stands between them. */
  pieces(text: string): readonly { readonly text: string; readonly isKey: boolean }[];
  /** Cleans a text that comes piece by piece: an end that may be the beginning of a key waits for what follows. */
  stream(): { take(piece: string): string; end(): string };
}

export function createSecrets(environment: Readonly<Record<string, string | undefined>>): Secrets {
  const keys = new Set<string>();
  const add = (value: string | undefined): void => {
    const key = value?.replace(/^(?:Bearer|Basic) /i, '').trim();
    if (key !== undefined && key.length >= shortestKey) keys.add(key);
  };
  for (const [name, value] of Object.entries(environment)) if (keyVariables.test(name)) add(value);

  function cleanText(text: string): string {
    let clean = text;
    // The longest first: one key may be the beginning of another.
    for (const key of [...keys].toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(key, keyMark);
    return clean.replace(knownShapes, keyMark);
  }

  /** `clean` in two steps, as `cleanText` does it: the keys that are known, then what looks like one. */
  function pieces(text: string): readonly { readonly text: string; readonly isKey: boolean }[] {
    const known = [...keys]
      .toSorted((a, b) => b.length - a.length)
      .map((key) => key.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
    const byKey = known.length === 0 ? [{ text, isKey: false }] : cut(text, new RegExp(known.join('|'), 'g'));
    return byKey.flatMap((piece) => (piece.isKey ? [piece] : cut(piece.text, knownShapes)));
  }

  /** A key that is whole is not cut into two. */
  function outsideKeys(text: string, end: number): number {
    let at = 0;
    for (const piece of pieces(text)) {
      if (piece.isKey && at < end && at + piece.text.length > end) return at;
      at += piece.text.length;
    }
    return end;
  }

  function stream(): { take(piece: string): string; end(): string } {
    let waiting = '';
    return {
      take(piece) {
        waiting += piece;
        let at = openEnd.exec(waiting.slice(-longestKey))?.[0].length ?? 0;
        for (const key of keys) {
          let length = Math.min(key.length - 1, waiting.length);
          while (length > at && !waiting.endsWith(key.slice(0, length))) length--;
          at = Math.max(at, length);
        }
        const end = outsideKeys(waiting, waiting.length - at);
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

  return {
    pieces,
    stream,
    learn(headers, query) {
      for (const name of keyHeaders) {
        const value = headers[name];
        if (typeof value === 'string') add(value);
      }
      add(query.get('key') ?? undefined);
    },
    clean(bytes) {
      // Byte for byte: not every body is valid UTF-8.
      const text = bytes.toString('latin1');
      const clean = cleanText(text);
      return clean === text ? bytes : Buffer.from(clean, 'latin1');
    },
    cleanText,
  };
}

function cut(text: string, keys: RegExp): readonly { readonly text: string; readonly isKey: boolean }[] {
  const pieces: { readonly text: string; readonly isKey: boolean }[] = [];
  let at = 0;
  for (const match of text.matchAll(keys)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), isKey: false });
    pieces.push({ text: match[0], isKey: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isKey: false });
  return pieces;
}
