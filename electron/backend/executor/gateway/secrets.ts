import type { IncomingHttpHeaders } from 'node:http';

/** What keys look like, for those that stand in a prompt or a tool's output. */
const knownShapes = /\b(?:sk-[A-Za-z0-9_-]{16,}|AIza[A-Za-z0-9_-]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{20,}|AKIA[0-9A-Z]{16})|\bBearer [A-Za-z0-9._~+/-]{16,}=*/g;
const keyVariables = /(?:API_?KEY|AUTH_TOKEN|ACCESS_TOKEN|SECRET|_TOKEN)$/i;
const keyHeaders = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie'];
const shortestKey = 8;
const mark = '[key removed]';

/**
 * Keys pass through the gateway and stay nowhere: everything that is kept goes through `clean` first. It knows the keys of
 * the environment and of every request it has seen, and what keys of the large providers look like.
 */
export interface Secrets {
  /** Learns the keys that a request carries. */
  learn(headers: IncomingHttpHeaders, query: URLSearchParams): void;
  clean(bytes: Buffer): Buffer;
  cleanText(text: string): string;
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
    for (const key of [...keys].toSorted((a, b) => b.length - a.length)) clean = clean.replaceAll(key, mark);
    return clean.replace(knownShapes, mark);
  }

  return {
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
