import { diffArrays } from 'diff';

/** Beyond this many differing words two texts are two texts: finding out costs its square. */
const mostChanges = 2_000;

/**
 * A text with an edit in it that was made on another form of it: what `edited` changed of `base` is changed in `live`. Undefined where
 * both changed the same place, or where so little is left of the base that there is nothing to patch.
 */
export function mergedText(base: string, edited: string, live: string): string | undefined {
  if (live === base || live === edited) return edited;
  const words = wordsOfText(base);
  const ours = changesOf(words, wordsOfText(edited));
  const theirs = changesOf(words, wordsOfText(live));
  if (!ours || !theirs) return undefined;
  // Rewritten as a whole: bits of it between bits of the live text would be nobody's text.
  if (ours.reduce((sum, { end, start }) => sum + end - start, 0) * 2 > words.length) return undefined;
  let text = '';
  let position = 0;
  for (const change of [
    ...ours.map((one) => ({ ...one, own: true })),
    ...theirs.map((one) => ({ ...one, own: false })),
  ].toSorted((a, b) => a.start - b.start || a.end - b.end || Number(a.own) - Number(b.own))) {
    if (change.start < position || touches(change, change.own ? theirs : ours)) return undefined;
    text += words.slice(position, change.start).join('') + change.words;
    position = change.end;
  }
  return text + words.slice(position).join('');
}

interface Change {
  /** Places among the words of the base, the second one past the last. */
  readonly start: number;
  readonly end: number;
  readonly words: string;
}

function touches({ start, end }: Change, others: readonly Change[]): boolean {
  return others.some((other) => start < other.end && other.start < end);
}

function wordsOfText(text: string): readonly string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

function changesOf(base: readonly string[], other: readonly string[]): readonly Change[] | undefined {
  const parts = diffArrays([...base], [...other], { maxEditLength: mostChanges });
  if (!parts) return undefined;
  const changes: Change[] = [];
  let at = 0;
  for (const { added, removed, value } of parts) {
    if (!added && !removed) {
      at += value.length;
      continue;
    }
    const last = changes.at(-1);
    const change = { start: at, end: removed ? at + value.length : at, words: added ? value.join('') : '' };
    if (last && last.end === at)
      changes[changes.length - 1] = { start: last.start, end: change.end, words: last.words + change.words };
    else changes.push(change);
    if (removed) at += value.length;
  }
  return changes;
}

/** 0 to 1: the share of words of the shorter text that the other has too. */
export function likeness(left: string, right: string): number {
  const bag = (text: string): Set<string> => new Set(text.slice(0, 50_000).match(/[\p{L}\p{N}_]+/gu) ?? []);
  const [a, b] = [bag(left), bag(right)];
  const smaller = Math.min(a.size, b.size);
  if (smaller === 0) return left === right ? 1 : 0;
  return [...a].filter((word) => b.has(word)).length / smaller;
}
