import { z } from 'zod';

/**
 * The headless host's token arrives in the URL's fragment (never sent over the network, never in a log) and moves to
 * the tab's session storage, so that the address bar, a copied link and the history do not hold it.
 */
const storageKey = 'retake.token';
const tokenSchema = z
  .string()
  .min(16)
  .max(200)
  .regex(/^[A-Za-z0-9._~-]+$/);

/** `#token=T` or `#token=T&/run/abc?step=3`: the token, and the hash that is left. */
export function splitToken(hash: string): { readonly token: string | undefined; readonly rest: string } {
  const match = /^#token=([^&]*)&?(.*)$/.exec(hash);
  if (match === null) return { token: undefined, rest: hash };
  const parsed = tokenSchema.safeParse(match[1]);
  return { token: parsed.success ? parsed.data : undefined, rest: match[2] ? `#${match[2]}` : '' };
}

/** Call before anything reads the location. */
export function moveTokenToSession(): void {
  const { token, rest } = splitToken(window.location.hash);
  if (token !== undefined) window.sessionStorage.setItem(storageKey, token);
  if (rest !== window.location.hash) window.history.replaceState(null, '', rest === '' ? '#/runs' : rest);
}

export function readToken(): string | undefined {
  const parsed = tokenSchema.safeParse(window.sessionStorage.getItem(storageKey));
  return parsed.success ? parsed.data : undefined;
}
