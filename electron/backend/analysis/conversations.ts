import type { ContextPart } from './context-parts.ts';
import type { LedgerCall, LedgerEntry, LedgerItem } from './ledger-entry.ts';

// Which conversation a call goes on from.

export interface Conversation {
  readonly id: number;
  items: readonly LedgerItem[];
  previous: LedgerEntry | undefined;
}

export const isSeen = ({ category }: Pick<LedgerItem, 'category'>): boolean => category !== 'unseen';

export const isMessage = ({ category }: Pick<LedgerItem, 'category'>): boolean =>
  category !== 'system' && category !== 'tools' && category !== 'unseen';

export function samePrefix(items: readonly LedgerItem[], parts: readonly ContextPart[]): number {
  const seen = items[0] !== undefined && !isSeen(items[0]) ? items.slice(1) : items;
  let at = 0;
  while (at < seen.length && isSame(seen[at], parts[at])) at += 1;
  return at;
}

function isSame(item: LedgerItem | undefined, part: ContextPart | undefined): boolean {
  return item !== undefined && part !== undefined && item.category === part.category && item.text === part.text;
}

/** At least half of what is not instructions is still there, though not at its place. */
export function sharesMessages(items: readonly LedgerItem[], parts: readonly ContextPart[]): boolean {
  const before = items.filter(isMessage);
  if (before.length === 0) return false;
  const now = new Set(
    parts.filter(({ category }) => category !== 'system' && category !== 'tools').map(({ text }) => text),
  );
  return before.filter(({ text }) => now.has(text)).length * 2 >= before.length;
}

/** Nothing of the messages is in the trace: calls of one agent and model are taken to go on from each other. */
export function bothWithoutMessages({ items, previous }: Conversation, call: LedgerCall, placed: number): boolean {
  return (
    placed === call.parts.length &&
    previous?.call.model === call.model &&
    !items.some(isMessage) &&
    !call.parts.some(({ category }) => category !== 'system' && category !== 'tools')
  );
}

const summaryWords = /summar|compact|continued from a previous|conversation so far|handoff|context checkpoint/i;

/** The same agent under the same instructions begins anew with much less, and says that it is told of what was before. */
export function isRestart(conversation: Conversation, call: LedgerCall): boolean {
  const { previous, items } = conversation;
  if (previous === undefined || previous.call.instance !== call.instance) return false;
  if (items.filter(isMessage).length < 4) return false;
  const before = items.filter(({ category }) => category === 'system');
  const now = call.parts.filter(({ category }) => category === 'system');
  if (before.length !== now.length || before.some((item, at) => !nearlySame(item.text, now[at]?.text ?? '')))
    return false;
  const shrunk = call.usage.input === undefined || call.usage.input <= previous.total * 0.7;
  return (
    shrunk &&
    call.parts.some(
      ({ category, text }) => category !== 'system' && category !== 'tools' && summaryWords.test(text.slice(0, 2_000)),
    )
  );
}

/** The same but for a small stretch, as instructions that hold the time or a list of files are. */
function nearlySame(left: string, right: string): boolean {
  if (left === right) return true;
  const shorter = Math.min(left.length, right.length);
  let head = 0;
  while (head < shorter && left.charCodeAt(head) === right.charCodeAt(head)) head += 1;
  let tail = 0;
  while (tail < shorter - head && left.charCodeAt(left.length - 1 - tail) === right.charCodeAt(right.length - 1 - tail))
    tail += 1;
  return head + tail >= Math.max(left.length, right.length) * 0.8;
}
