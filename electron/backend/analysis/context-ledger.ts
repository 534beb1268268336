import { oneLine } from '../base/one-line.ts';
import { explainDrop, lostToTheCache } from './cache-drops.ts';
import type { ContextPart } from './context-parts.ts';
import { bothWithoutMessages, isMessage, isRestart, isSeen, samePrefix, sharesMessages } from './conversations.ts';
import type { Conversation } from './conversations.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { LedgerCall, LedgerEntry, LedgerItem } from './ledger-entry.ts';
import { measure, sums, sumTokens } from './measure-tokens.ts';
import { addRent } from './rent.ts';

/** Tells which step made a part that a call brings along. */
export type OriginOf = (part: ContextPart, call: LedgerCall) => number | undefined;

/** So much of a part that was cut must be the same before it is taken for the same part. */
const longestCut = 200;

/** Looked back at for the price of reading from the cache. */
const recentCalls = 200;
/** Conversations that a call may go on from; sub-agents of one run take turns. */
const maximumConversations = 12;
const longestPreview = 160;

/** Follows the contexts of a run from call to call: what each was made of, what came, what went, and what it cost to carry. */
export class ContextLedger {
  readonly items: LedgerItem[] = [];
  readonly entries: LedgerEntry[] = [];
  private conversations: Conversation[] = [];
  private conversationCount = 0;
  private readonly originOf: OriginOf;

  constructor(originOf: OriginOf) {
    this.originOf = originOf;
  }

  add(call: LedgerCall): LedgerEntry {
    const found = this.conversationOf(call);
    const { conversation, placed } = found;
    const before = conversation.items;
    const { items, fresh, lost, unseen } = this.place(call, before, placed);
    const previous = conversation.previous;
    const measured = measure({ call, items, fresh, lost, previous, unseen: unseen?.tokens ?? 0 });
    const withUnseen = this.withUnseen(call, items, unseen, measured.unseen);
    const { total, scale, categories } = sums(call, withUnseen);
    const lostTokens = sumTokens(lost) * (previous?.scale ?? 1);
    const compacted = found.restarted || isCompaction(call, previous, lost);
    const ordinal = this.entries.length;
    for (const item of withUnseen) carry(item, ordinal, scale);
    addRent(withUnseen, scale, call);
    const expected = lostToTheCache(call.usage, previous?.call.usage);
    const entry: LedgerEntry = {
      call: withoutParts(call),
      conversation: conversation.id,
      total,
      reported: call.usage.input !== undefined,
      scale,
      categories,
      lost:
        previous !== undefined && lostTokens > previous.total / 10
          ? { items: lost.map(({ index }) => index), tokens: Math.round(lostTokens), compaction: compacted }
          : lostUnseen(previous, total, withUnseen),
      drop:
        previous === undefined || expected === undefined
          ? undefined
          : explainDrop({
              call,
              previous,
              before: before.filter(isSeen),
              now: withUnseen.filter(isSeen),
              hidden: withUnseen.some((item) => !isSeen(item)),
              compacted,
              expected,
              earlier: this.entries
                .slice(-recentCalls)
                .toReversed()
                .flatMap((one) => (one.call.model === call.model ? [one.call] : [])),
            }),
      fresh,
    };
    // Nothing is compared with what went: its text may go too.
    for (const item of lost) item.text = '';
    conversation.items = withUnseen;
    conversation.previous = entry;
    this.entries.push(entry);
    return entry;
  }

  private conversationOf(call: LedgerCall): {
    readonly conversation: Conversation;
    /** How many of the conversation's parts the call begins with. */
    readonly placed: number;
    /** It begins anew with a summary. */
    readonly restarted: boolean;
  } {
    let best: { conversation: Conversation; placed: number; messages: number } | undefined;
    for (const conversation of this.conversations) {
      const placed = samePrefix(conversation.items, call.parts);
      const messages = conversation.items.slice(0, placed).filter(isMessage).length;
      const sameInstance = conversation.previous?.call.instance === call.instance;
      const goesOn = sharesMessages(conversation.items, call.parts) || bothWithoutMessages(conversation, call, placed);
      if (messages === 0 && !(sameInstance && goesOn)) continue;
      if (best === undefined || placed > best.placed) best = { conversation, placed, messages };
    }
    if (best !== undefined) {
      this.touch(best.conversation);
      return { ...best, restarted: false };
    }
    const ended = this.conversations.find((conversation) => isRestart(conversation, call));
    if (ended !== undefined) {
      this.touch(ended);
      return { conversation: ended, placed: samePrefix(ended.items, call.parts), restarted: true };
    }
    const conversation: Conversation = { id: this.conversationCount, items: [], previous: undefined };
    this.conversationCount += 1;
    for (const { items } of this.conversations.splice(maximumConversations - 1))
      for (const item of items) item.text = '';
    this.conversations.unshift(conversation);
    return { conversation, placed: 0, restarted: false };
  }

  private touch(conversation: Conversation): void {
    const at = this.conversations.indexOf(conversation);
    if (at > 0) this.conversations = [conversation, ...this.conversations.filter((one) => one !== conversation)];
  }

  /** The parts of a call as items: those that it shares with the call before, wherever they stand, and new ones. */
  private place(
    call: LedgerCall,
    before: readonly LedgerItem[],
    placed: number,
  ): {
    readonly items: LedgerItem[];
    readonly fresh: LedgerItem[];
    readonly lost: readonly LedgerItem[];
    readonly unseen: LedgerItem | undefined;
  } {
    const unseen = before.find((item) => !isSeen(item));
    const seen = before.filter(isSeen);
    const items = seen.slice(0, placed);
    const fresh: LedgerItem[] = [];
    const left = new Map<string, LedgerItem[]>();
    for (const item of seen.slice(placed)) {
      const same = left.get(item.text);
      if (same === undefined) left.set(item.text, [item]);
      else same.push(item);
    }
    for (const part of call.parts.slice(placed)) {
      const same = left.get(part.text);
      const at = same?.findIndex(({ category }) => category === part.category) ?? -1;
      const kept =
        (at < 0 ? undefined : same?.splice(at, 1)[0]) ?? (call.truncated ? this.grown(part, left) : undefined);
      const item = kept ?? this.newItem(part, call);
      if (kept === undefined) fresh.push(item);
      items.push(item);
    }
    return { items, fresh, lost: [...left.values()].flat(), unseen };
  }

  /** What is cut shows more of the same part from call to call. */
  private grown(part: ContextPart, left: ReadonlyMap<string, LedgerItem[]>): LedgerItem | undefined {
    for (const items of left.values()) {
      const at = items.findIndex(
        ({ category, label, text }) =>
          category === part.category &&
          label === part.label &&
          text.length >= longestCut &&
          text.slice(0, longestCut) === part.text.slice(0, longestCut),
      );
      const [item] = at < 0 ? [] : items.splice(at, 1);
      if (item === undefined) continue;
      item.text = part.text;
      return item;
    }
    return undefined;
  }

  private newItem(part: ContextPart, call: LedgerCall): LedgerItem {
    const item: LedgerItem = {
      index: this.items.length,
      category: part.category,
      label: part.label,
      preview: part.isMedia ? '' : oneLine(part.text, longestPreview),
      callId: part.callId,
      isError: part.isError,
      origin: this.originOf(part, call),
      entered: call.step,
      text: part.text,
      tokens: estimateTokens(part),
      tokensFrom: 'estimated',
      spans: [],
      sent: 0,
      carried: 0,
      rentUsd: undefined,
      firstUsd: undefined,
      unpriced: 0,
    };
    this.items.push(item);
    return item;
  }

  /** Reported tokens for which the trace has no content are an item too: it stands first, where hidden instructions stand. */
  private withUnseen(
    call: LedgerCall,
    items: readonly LedgerItem[],
    known: LedgerItem | undefined,
    more: number,
  ): readonly LedgerItem[] {
    if (known === undefined && more <= 0) return items;
    const unseen =
      known ??
      this.newItem(
        { category: 'unseen', label: 'not in the trace', text: '', callId: undefined, isError: false, isMedia: false },
        call,
      );
    unseen.tokens = Math.max(0, (known?.tokens ?? 0) + more);
    return [unseen, ...items];
  }
}

/** Less than before, and parts of the conversation gone. */
function isCompaction(call: LedgerCall, previous: LedgerEntry | undefined, lost: readonly LedgerItem[]): boolean {
  if (previous === undefined) return false;
  const { input } = call.usage;
  return (
    sumTokens(lost.filter(isMessage)) * previous.scale > previous.total * 0.1 &&
    (input === undefined || input < previous.total)
  );
}

/** A context that shrank by more than a third, of which the trace holds nothing: how much is known, what is not. */
function lostUnseen(
  previous: LedgerEntry | undefined,
  total: number,
  items: readonly LedgerItem[],
): LedgerEntry['lost'] {
  if (previous === undefined || items.some(isSeen) || total === 0 || total > previous.total * 0.66) return undefined;
  return { items: [], tokens: previous.total - total, compaction: true };
}

function carry(item: LedgerItem, ordinal: number, scale: number): void {
  item.sent += 1;
  item.carried += item.tokens * scale;
  const last = item.spans.length - 1;
  if (last > 0 && item.spans[last] === ordinal - 1) item.spans[last] = ordinal;
  else item.spans.push(ordinal, ordinal);
}

/** Parts are long, and known by their items. */
function withoutParts(call: LedgerCall): LedgerEntry['call'] {
  const { step, instance, model, startMs, usage, cost, gap, truncated, parameters, window, diagnosis } = call;
  return { step, instance, model, startMs, usage, cost, gap, truncated, parameters, window, diagnosis };
}
