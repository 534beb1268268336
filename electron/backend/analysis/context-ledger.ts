import { contextCategories } from '../../../shared/model/context-lens.ts';
import type { CacheDrop, ContextCategory, TokenSource } from '../../../shared/model/context-lens.ts';
import type { Cost } from '../../../shared/model/cost.ts';
import type { Usage } from '../../../shared/model/usage.ts';
import { oneLine } from '../base/one-line.ts';
import { explainDrop, lostToTheCache } from './cache-drops.ts';
import type { ContextPart } from './context-parts.ts';
import { estimateTokens } from './estimate-tokens.ts';
import { addRent } from './rent.ts';

/** One call of a model as the ledger is told of it, in run order. */
export interface LedgerCall {
  readonly step: number;
  /** The agent around it: its calls may go on from each other. */
  readonly instance: number | undefined;
  readonly model: string | undefined;
  readonly startMs: number;
  readonly usage: Usage;
  readonly cost: Cost | undefined;
  readonly parts: readonly ContextPart[];
  /** Why the messages before it are not all there, as the end of a sentence. */
  readonly gap: string | undefined;
  /** The emitter cut some of it. */
  readonly truncated: boolean;
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
  readonly window: number | undefined;
}

/** A part of a context and who carried it; texts are held only as long as a conversation may still be compared with them. */
export interface LedgerItem {
  readonly index: number;
  readonly category: ContextCategory;
  readonly label: string;
  readonly preview: string;
  readonly callId: string | undefined;
  readonly isError: boolean;
  readonly origin: number | undefined;
  readonly entered: number;
  text: string;
  tokens: number;
  tokensFrom: TokenSource;
  readonly spans: number[];
  sent: number;
  rentUsd: number | undefined;
  /** Of that, at the first call that carried it. */
  firstUsd: number | undefined;
  unpriced: number;
}

export interface LedgerEntry {
  readonly call: Omit<LedgerCall, 'parts'>;
  readonly conversation: number;
  readonly total: number;
  readonly reported: boolean;
  readonly scale: number;
  readonly categories: readonly number[];
  readonly lost:
    | { readonly items: readonly number[]; readonly tokens: number; readonly compaction: boolean }
    | undefined;
  readonly drop: CacheDrop | undefined;
  /** Items that no call of this conversation had before. */
  readonly fresh: readonly LedgerItem[];
}

export interface Conversation {
  readonly id: number;
  items: readonly LedgerItem[];
  previous: LedgerEntry | undefined;
}

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
    for (const item of withUnseen) carry(item, ordinal);
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

export const isSeen = ({ category }: Pick<LedgerItem, 'category'>): boolean => category !== 'unseen';

const isMessage = ({ category }: Pick<LedgerItem, 'category'>): boolean =>
  category !== 'system' && category !== 'tools' && category !== 'unseen';

function samePrefix(items: readonly LedgerItem[], parts: readonly ContextPart[]): number {
  const seen = items[0] !== undefined && !isSeen(items[0]) ? items.slice(1) : items;
  let at = 0;
  while (at < seen.length && isSame(seen[at], parts[at])) at += 1;
  return at;
}

function isSame(item: LedgerItem | undefined, part: ContextPart | undefined): boolean {
  return item !== undefined && part !== undefined && item.category === part.category && item.text === part.text;
}

/** At least half of what is not instructions is still there, though not at its place. */
function sharesMessages(items: readonly LedgerItem[], parts: readonly ContextPart[]): boolean {
  const before = items.filter(isMessage);
  if (before.length === 0) return false;
  const now = new Set(
    parts.filter(({ category }) => category !== 'system' && category !== 'tools').map(({ text }) => text),
  );
  return before.filter(({ text }) => now.has(text)).length * 2 >= before.length;
}

/** Nothing of the messages is in the trace: calls of one agent and model are taken to go on from each other. */
function bothWithoutMessages({ items, previous }: Conversation, call: LedgerCall, placed: number): boolean {
  return (
    placed === call.parts.length &&
    previous?.call.model === call.model &&
    !items.some(isMessage) &&
    !call.parts.some(({ category }) => category !== 'system' && category !== 'tools')
  );
}

const summaryWords = /summar|compact|continued from a previous|conversation so far|handoff|context checkpoint/i;

/** The same agent under the same instructions begins anew with much less, and says that it is told of what was before. */
function isRestart(conversation: Conversation, call: LedgerCall): boolean {
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

function carry(item: LedgerItem, ordinal: number): void {
  item.sent += 1;
  const last = item.spans.length - 1;
  if (last > 0 && item.spans[last] === ordinal - 1) item.spans[last] = ordinal;
  else item.spans.push(ordinal, ordinal);
}

function withoutParts({ parts: _, ...call }: LedgerCall): Omit<LedgerCall, 'parts'> {
  return call;
}

interface Measured {
  /** Tokens that were reported and are explained by nothing in the trace. */
  readonly unseen: number;
}

/**
 * Gives the new items of a call their tokens. Where the call goes on from one before it, what was added is the difference of two
 * reported counts; an answer that comes back is what was reported as its output.
 */
function measure({
  call,
  items,
  fresh,
  lost,
  previous,
  unseen,
}: {
  readonly call: LedgerCall;
  readonly items: readonly LedgerItem[];
  readonly fresh: readonly LedgerItem[];
  readonly lost: readonly LedgerItem[];
  readonly previous: LedgerEntry | undefined;
  readonly unseen: number;
}): Measured {
  const input = call.usage.input;
  if (input === undefined) return { unseen: 0 };
  const weight = sumTokens(fresh);
  if (previous === undefined) {
    // What is not in the trace shows only where it is much: tokenizers differ by less than this.
    const hidden = input - weight * largestRatio - 300;
    if (hidden > 0 || fresh.length === 0) return { unseen: fresh.length === 0 ? input : Math.round(input - weight) };
    scaleTo(fresh, input, 'estimated');
    return { unseen: 0 };
  }
  const goesOn = lost.length === 0 && previous.reported;
  const isFresh = new Set(fresh);
  const kept = goesOn
    ? previous.total
    : (sumTokens(items.filter((item) => !isFresh.has(item))) + unseen) * previous.scale;
  const added = input - kept;
  if (fresh.length === 0) return { unseen: goesOn ? Math.round(added) : 0 };
  if (goesOn && added > weight * largestRatio + 300) return { unseen: Math.round(added - weight) };
  if (added < weight / largestRatio - 300 || added > weight * largestRatio + 300 || added <= 0) return { unseen: 0 };
  const source = goesOn ? 'measured' : 'estimated';
  const said = fresh.filter(({ origin, category }) => origin === previous.call.step && category !== 'tool_results');
  const rest = fresh.filter((item) => !said.includes(item));
  const output = previous.call.usage.output ?? 0;
  const carriesReasoning = said.some(({ category }) => category === 'reasoning');
  const answer = carriesReasoning ? output : output - (previous.call.usage.reasoning ?? 0);
  if (said.length > 0 && rest.length > 0 && answer > 0 && answer < added) {
    scaleTo(said, answer, source);
    scaleTo(rest, added - answer, source);
  } else scaleTo(fresh, added, source);
  return { unseen: 0 };
}

/** How far an estimate by length and a reported count may lie apart before something else must be in it. */
const largestRatio = 2.2;

function scaleTo(items: readonly LedgerItem[], tokens: number, source: TokenSource): void {
  const weight = sumTokens(items);
  for (const item of items) {
    item.tokens = weight === 0 ? tokens / items.length : (item.tokens * tokens) / weight;
    item.tokensFrom = source === 'measured' && items.length > 1 ? 'split' : source;
  }
}

const sumTokens = (items: readonly LedgerItem[]): number => items.reduce((sum, { tokens }) => sum + tokens, 0);

/** Whole tokens by category; they add up to what was reported. */
function sums(
  call: LedgerCall,
  items: readonly LedgerItem[],
): { readonly total: number; readonly scale: number; readonly categories: readonly number[] } {
  const counted = sumTokens(items);
  const total = call.usage.input ?? Math.round(counted);
  const scale = counted === 0 ? 1 : total / counted;
  const byCategory = new Map<ContextCategory, number>();
  for (const { category, tokens } of items) byCategory.set(category, (byCategory.get(category) ?? 0) + tokens);
  const exact = contextCategories.map((category) => (byCategory.get(category) ?? 0) * scale);
  const whole = exact.map(Math.floor);
  const byRest = exact
    .map((value, at) => ({ at, rest: value - Math.floor(value) }))
    .toSorted((a, b) => b.rest - a.rest);
  let left = total - whole.reduce((sum, value) => sum + value, 0);
  for (const { at } of byRest) {
    if (left <= 0) break;
    whole[at] = (whole[at] ?? 0) + 1;
    left -= 1;
  }
  return { total, scale: Math.abs(scale - 1) < 1e-9 ? 1 : scale, categories: whole };
}
