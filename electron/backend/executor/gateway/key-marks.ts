import { keyMark } from '../../../../shared/model/key-mark.ts';
import type { Secrets } from '../../base/secrets.ts';

/** Characters before a key that must be the same to know its place again; where a key begins its text, all that is there. */
const contextBefore = 24;
const contextLimit = 200;
/** Enough where the keys before and behind are known, and as many keys as marks stand in the text. */
const contextBetween = 8;
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
  const places: KeyPlace[] = [];
  let cleaned = '';
  for (const { text: piece, isKey } of secrets.pieces(live)) {
    if (isKey) places.push({ at: cleaned.length, key: piece });
    cleaned += isKey ? keyMark : piece;
  }
  if (cleaned === text) return { text: live, left: 0 };
  const usable = places.length > maximumPlaces ? [] : places;
  const parts = text.split(keyMark);
  const marks: number[] = [];
  let at = 0;
  for (const part of parts.slice(0, -1)) {
    marks.push(at + part.length);
    at += part.length + keyMark.length;
  }
  const keys = keysFor(text, marks, cleaned, usable);
  let made = '';
  let left = 0;
  for (const [index, part] of parts.entries()) {
    made += part;
    if (index === parts.length - 1) break;
    const key = keys[index];
    if (key === undefined) left++;
    made += key ?? keyMark;
  }
  return { text: made, left };
}

interface KeyPlace {
  readonly at: number;
  readonly key: string;
}

/**
 * The key of each mark: the one whose surroundings are most like the mark's. Where several are equally like it (the same line again and
 * again), marks and keys that share their surroundings are taken in their order, if there are as many of the one as of the other, or if
 * the two texts hold as many in all. Undefined: not surely known.
 */
function keysFor(
  text: string,
  marks: readonly number[],
  cleaned: string,
  places: readonly KeyPlace[],
): readonly (string | undefined)[] {
  const alike = marks.map((at, index) => (index < maximumPlaces ? placesLike(text, at, cleaned, places) : []));
  const groups = new Map<string, number[]>();
  for (const [mark, found] of alike.entries()) {
    const name = found.join(' ');
    const group = groups.get(name);
    if (group) group.push(mark);
    else groups.set(name, [mark]);
  }
  const isAsMany = marks.length === places.length;
  const known = alike.map((found, mark) => {
    if (new Set(found.map((place) => places[place]?.key)).size === 1) return found.includes(mark) ? mark : found[0];
    const group = groups.get(found.join(' ')) ?? [];
    if (group.length === found.length) return found[group.indexOf(mark)];
    return isAsMany && found.includes(mark) ? mark : undefined;
  });
  return known.map((place, mark) => {
    const found = place ?? (isAsMany && isBetweenItsOwn(known, mark) ? mark : undefined);
    if (found === undefined) return undefined;
    const { at = 0, key } = places[found] ?? {};
    return place === undefined && sharedBefore(text, marks[mark] ?? 0, cleaned, at) < contextBetween ? undefined : key;
  });
}

/** The marks next to it that are known have the keys next to its own. */
function isBetweenItsOwn(known: readonly (number | undefined)[], mark: number): boolean {
  const before = known.findLastIndex((place, index) => index < mark && place !== undefined);
  const after = known.findIndex((place, index) => index > mark && place !== undefined);
  return (before >= 0 || after >= 0) && [before, after].every((index) => index < 0 || known[index] === index);
}

/** The places whose surroundings are most like those of a mark, in order; none where too little is the same. */
function placesLike(text: string, at: number, cleaned: string, places: readonly KeyPlace[]): readonly number[] {
  let best: number[] = [];
  let bestScore = 0;
  for (const [index, place] of places.entries()) {
    const before = sharedBefore(text, at, cleaned, place.at);
    if (before < contextBefore && before < Math.max(at, place.at)) continue;
    const score = before + sharedAfter(text, at + keyMark.length, cleaned, place.at + keyMark.length);
    if (score === bestScore) best.push(index);
    if (score > bestScore) [best, bestScore] = [[index], score];
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
  // Both texts begin there: no later place is like that.
  return count === leftAt && count === rightAt ? count + 1 : count;
}

function sharedAfter(left: string, leftAt: number, right: string, rightAt: number): number {
  let count = 0;
  while (count < contextLimit && leftAt + count < left.length && left[leftAt + count] === right[rightAt + count])
    count++;
  return count;
}
