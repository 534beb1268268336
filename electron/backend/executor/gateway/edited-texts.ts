import type { JsonCursor } from '../../base/json-cursor.ts';
import type { ElementPair } from './align-elements.ts';
import type { ForkContext } from './fork-context.ts';
import { isInside } from './request-elements.ts';
import type { RequestElement } from './request-elements.ts';
import { likeness, mergedText } from './three-way.ts';

/** A change of one text of an element. */
export interface TextChange {
  readonly part: number;
  /** What was changed: as recorded, and as the agent sent it at the fork. */
  readonly bases: readonly string[];
  readonly text: string;
  /** Places of the take's edits that made it. */
  readonly edits: readonly number[];
}

/**
 * Which texts of the agent's element differ by an edit, not by drift. `results`: edited results in what went out; an edit of a result is
 * about the result, in whatever form it is sent: it is no patch of its text, and is told of once.
 */
export function changesOf(
  { own, inherited, live, recorded, outgoing, toRecorded, toOutgoing }: ForkContext,
  results: readonly JsonCursor[],
  place: number,
): readonly TextChange[] {
  const target = outgoing[toOutgoing.get(place) ?? -1];
  if (!target) return [];
  const base = recorded[toRecorded.get(place) ?? -1];
  return target.texts.flatMap(({ text, literal }, part): readonly TextChange[] => {
    const named = own.flatMap((edit, at) => (edit.op === 'message' && edit.text === text ? [at] : []));
    if (named.length === 0 && results.some((value) => isInside(value, literal))) return [];
    const before = base?.texts[part]?.text;
    const sent = live[place]?.texts[part]?.text;
    if (before !== undefined && before !== text) {
      const edits = named.length > 0 ? named : own.flatMap(({ op }, at) => (op === 'message' ? [at] : []));
      return [{ part, text, bases: [before, ...(sent === undefined ? [] : [sent])], edits }];
    }
    const isInherited = inherited.some((edit) => edit.op === 'message' && edit.text === text);
    return isInherited && sent !== undefined && sent !== text ? [{ part, text, bases: [sent], edits: [] }] : [];
  });
}

/** The edit in another form of the text: as a patch, or as a whole where it is the same text otherwise. */
export function patched(bases: readonly string[], text: string, now: string): string | undefined {
  for (const base of bases) {
    const made = mergedText(base, text, now);
    if (made !== undefined) return made;
  }
  return bases.some((base) => likeness(base, now) >= 0.3) ? text : undefined;
}

/**
 * A message at the end that the agent sends anew with each call (a reminder) is still at the end. Where what it stood behind is not
 * there either, the history was cut there, and the last message is one that came since.
 */
export function moved(
  from: number,
  pairs: ReadonlyMap<number, ElementPair>,
  live: readonly RequestElement[],
  given: readonly RequestElement[],
): ElementPair | undefined {
  const at = given.length - 1;
  const ours = live[from];
  const theirs = given[at];
  if (from !== live.length - 1 || !ours || !theirs || [...pairs.values()].some((pair) => pair.at === at))
    return undefined;
  if (ours.holdsResult || theirs.holdsResult || !pairs.has(from - 1)) return undefined;
  // What opens a conversation is no reminder: it does not move.
  if (!live.slice(0, from).some(({ role }) => role === ours.role)) return undefined;
  const text = ({ texts }: RequestElement): string => texts.map((one) => one.text).join('\n');
  return ours.role === theirs.role && likeness(text(ours), text(theirs)) >= 0.5 ? { at, how: 'place' } : undefined;
}
