import { keyMark } from '../../../../shared/model/key-mark.ts';
import type { Secrets } from '../../base/secrets.ts';

/** Characters before a key that must be the same to know its place again; where a key begins its text, all that is there. */
const contextBefore = 24;
const contextLimit = 200;
/** A text that holds more of them is no prompt. */
const maximumPlaces = 2_000;

export interface WithKeys {
  readonly text: string;
  /** Marks that stand where the live text has no key. */
  readonly left: number;
}

/**
 * A recorded request holds marks where keys were. The agent's live request has the keys: they go back to where the same text stands
 * before them. A key is never put at a place that is not surely its own.
 */
export function putKeysBack(secrets: Secrets, text: string, live: string): WithKeys {
  if (!text.includes(keyMark)) return { text, left: 0 };
  const places: { readonly at: number; readonly key: string }[] = [];
  let cleaned = '';
  for (const { text: piece, isKey } of secrets.pieces(live)) {
    if (isKey) places.push({ at: cleaned.length, key: piece });
    cleaned += isKey ? keyMark : piece;
  }
  if (cleaned === text) return { text: live, left: 0 };
  const usable = places.length > maximumPlaces ? [] : places;
  const parts = text.split(keyMark);
  let at = 0;
  let made = '';
  let left = 0;
  for (const [index, part] of parts.entries()) {
    made += part;
    at += part.length;
    if (index === parts.length - 1) break;
    const key = index < maximumPlaces ? keyFor(text, at, cleaned, usable) : undefined;
    if (key === undefined) left++;
    made += key ?? keyMark;
    at += keyMark.length;
  }
  return { text: made, left };
}

/** The key whose surroundings are most like those of the mark; undefined where two different ones are equally like it. */
function keyFor(
  text: string,
  at: number,
  cleaned: string,
  places: readonly { readonly at: number; readonly key: string }[],
): string | undefined {
  let best: string | undefined;
  let bestScore = 0;
  for (const place of places) {
    const before = sharedBefore(text, at, cleaned, place.at);
    if (before < contextBefore && before < Math.max(at, place.at)) continue;
    const score = before + sharedAfter(text, at + keyMark.length, cleaned, place.at + keyMark.length);
    if (score === bestScore && place.key !== best) best = undefined;
    if (score > bestScore) [best, bestScore] = [place.key, score];
  }
  return best;
}

function sharedBefore(left: string, leftAt: number, right: string, rightAt: number): number {
  let count = 0;
  while (
    count < contextLimit &&
    count < leftAt &&
    count < rightAt &&
    left[leftAt - 1 - count] === right[rightAt - 1 - count]
  )
    count++;
  return count;
}

function sharedAfter(left: string, leftAt: number, right: string, rightAt: number): number {
  let count = 0;
  while (count < contextLimit && leftAt + count < left.length && left[leftAt + count] === right[rightAt + count])
    count++;
  return count;
}
