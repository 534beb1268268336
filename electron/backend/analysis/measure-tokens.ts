import { contextCategories } from '../../../shared/model/context-lens.ts';
import type { ContextCategory, TokenSource } from '../../../shared/model/context-lens.ts';
import type { LedgerCall, LedgerEntry, LedgerItem } from './ledger-entry.ts';

interface Measured {
  /** Tokens that were reported and are explained by nothing in the trace. */
  readonly unseen: number;
}

/**
 * Gives the new items of a call their tokens. Where the call goes on from one before it, what was added is the difference of two
 * reported counts; an answer that comes back is what was reported as its output.
 */
export function measure({
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

export const sumTokens = (items: readonly LedgerItem[]): number => items.reduce((sum, { tokens }) => sum + tokens, 0);

/** Whole tokens by category; they add up to what was reported. */
export function sums(
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
