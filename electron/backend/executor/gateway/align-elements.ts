import { diffArrays } from 'diff';
import { parseJson } from '../../base/json-values.ts';
import type { RequestElement } from './request-elements.ts';
import { likeness } from './three-way.ts';

/** same: word for word. renamed: but for what is free. place: another text that stands where the earlier one stood. */
export type Likeness = 'same' | 'renamed' | 'place';

export interface ElementPair {
  /** Place in the later request. */
  readonly at: number;
  readonly how: Likeness;
}

const mostChanges = 5_000;
/** Less in common than this, and a text in the same place is another one. */
const leastLikeness = 0.4;

/**
 * Where the elements of a request stand in a later one of its conversation, by the place in the earlier one. An agent may have left some
 * out, shortened them, written a time anew, or moved a reminder.
 */
export function alignElements(
  earlier: readonly RequestElement[],
  later: readonly RequestElement[],
): ReadonlyMap<number, ElementPair> {
  const pairs = new Map<number, ElementPair>();
  const taken = new Set<number>();
  const pair = (from: number, at: number, how: Likeness): void => {
    pairs.set(from, { at, how });
    taken.add(at);
  };
  byKey(
    earlier,
    later,
    ({ key }) => key,
    (from, at) => pair(from, at, 'same'),
  );
  // Results name their call, wherever they stand.
  for (const [from, { resultIds }] of earlier.entries()) {
    if (pairs.has(from) || resultIds.length === 0) continue;
    const at = later.findIndex(
      (element, place) => !taken.has(place) && resultIds.some((id) => element.resultIds.includes(id)),
    );
    if (at !== -1) pair(from, at, 'place');
  }
  gaps(pairs, earlier.length, later.length, (left, right) => {
    byKey(
      earlier.filter((_, at) => left.includes(at)),
      later.filter((_, at) => right.includes(at)),
      // The result of one call is never that of another, however alike they are.
      ({ template, role, resultIds }) => [role, template, ...resultIds].join(' '),
      (from, at) => pair(left[from] ?? from, right[at] ?? at, 'renamed'),
    );
  });
  gaps(pairs, earlier.length, later.length, (left, right, isAfterPair) => {
    for (const [offset, from] of left.entries()) {
      const at = right[offset];
      const ours = earlier[from];
      const theirs = at === undefined ? undefined : later[at];
      if (at === undefined || !ours || !theirs || ours.role !== theirs.role || ours.holdsResult !== theirs.holdsResult)
        return;
      if (ours.resultIds.length > 0 && theirs.resultIds.length > 0) return;
      // The result of a call that is the same is its result, whatever is left of its text.
      const isSure = isAfterPair && offset === 0 && ours.holdsResult && earlier[from - 1]?.role === 'assistant';
      if (!isSure && !isAlike(ours, theirs)) return;
      pair(from, at, 'place');
    }
  });
  return pairs;
}

/**
 * Agents repeat the model's words: an answer of which nothing but a part is left (its thoughts, its end) is the same, one with other words
 * is another answer, however alike they are, and what follows it is about something else.
 */
function isAlike(ours: RequestElement, theirs: RequestElement): boolean {
  if (ours.role === 'assistant') return likeness(saidIn(ours), saidIn(theirs)) === 1;
  return likeness(textOf(ours), textOf(theirs)) >= leastLikeness;
}

/** Every text of it, the arguments of its calls and their ids among them. */
function saidIn({ source }: RequestElement): string {
  return textsIn(parseJson(source)).join('\n');
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

function textOf({ texts, source }: RequestElement): string {
  return texts.length > 0 ? texts.map(({ text }) => text).join('\n') : source;
}

function byKey(
  earlier: readonly RequestElement[],
  later: readonly RequestElement[],
  read: (element: RequestElement) => string,
  pair: (from: number, at: number) => void,
): void {
  const changes = diffArrays(earlier.map(read), later.map(read), { maxEditLength: mostChanges }) ?? [];
  let from = 0;
  let at = 0;
  for (const { added, removed, count } of changes) {
    if (added) at += count;
    else if (removed) from += count;
    else for (let step = 0; step < count; step++) pair(from++, at++);
  }
}

/** What stands between pairs, on both sides; `isAfterPair`: not at the beginning. */
function gaps(
  pairs: ReadonlyMap<number, ElementPair>,
  earlierCount: number,
  laterCount: number,
  visit: (left: readonly number[], right: readonly number[], isAfterPair: boolean) => void,
): void {
  const taken = new Set([...pairs.values()].map(({ at }) => at));
  const anchors: (readonly [number, number])[] = [];
  let last = -1;
  for (const [from, { at }] of [...pairs].toSorted(([a], [b]) => a - b)) {
    if (at <= last) continue;
    anchors.push([from, at]);
    last = at;
  }
  const found: (readonly [readonly number[], readonly number[], boolean])[] = [];
  let before: readonly [number, number] = [-1, -1];
  for (const anchor of [...anchors, [earlierCount, laterCount] as const]) {
    const left = range(before[0] + 1, anchor[0]).filter((from) => !pairs.has(from));
    const right = range(before[1] + 1, anchor[1]).filter((at) => !taken.has(at));
    if (left.length > 0 && right.length > 0) found.push([left, right, before[0] >= 0]);
    before = anchor;
  }
  for (const [left, right, isAfterPair] of found) visit(left, right, isAfterPair);
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
}
