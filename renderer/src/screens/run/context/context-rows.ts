import { contextCategories } from '../../../../../shared/model/context-lens.ts';
import type {
  ContextCall,
  ContextCategory,
  ContextItem,
  ContextLens,
  TokenSource,
} from '../../../../../shared/model/context-lens.ts';

/** Position of the call that a step belongs to: itself, else the first that came after it, else the last. -1: there is none. */
export function callOfStep(calls: readonly ContextCall[], step: number | undefined): number {
  if (calls.length === 0) return -1;
  if (step === undefined) return calls.length - 1;
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((calls[middle]?.step ?? 0) < step) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, calls.length - 1);
}

/** What one line of the table stands for: a part of the context, or all definitions or instructions together. */
export interface CarriedRow {
  readonly key: string;
  readonly category: ContextCategory;
  readonly label: string;
  readonly preview: string;
  readonly origin: number | undefined;
  readonly entered: number;
  /** As in the call that is shown. */
  readonly tokens: number;
  readonly tokensFrom: TokenSource;
  readonly sent: number;
  readonly rentUsd: number | undefined;
  readonly unpriced: number;
  /** Of all input of its conversation. */
  readonly share: number;
}

/** What the call carried, dearest first; definitions and instructions are one line each. */
export function carriedRows(
  lens: ContextLens,
  position: number,
  only: ContextCategory | undefined,
  neverCalled: readonly string[],
): readonly CarriedRow[] {
  const call = lens.calls[position];
  if (call === undefined) return [];
  const allInput = lens.calls.reduce(
    (sum, { total, conversation }) => sum + (conversation === call.conversation ? total : 0),
    0,
  );
  const carried = lens.items.flatMap((item, index) => (isCarried(item, position) ? [{ item, index }] : []));
  const rows: CarriedRow[] = [];
  for (const { item, index } of carried) {
    if (item.category === 'tools' || item.category === 'system') continue;
    rows.push(rowOf(String(index), labelOf(item), [item], call.scale, allInput));
  }
  const together = (category: ContextCategory, label: (count: number) => string): void => {
    const items = carried.flatMap(({ item }) => (item.category === category ? [item] : []));
    if (items.length > 0) rows.push(rowOf(category, label(items.length), items, call.scale, allInput));
  };
  together('system', (count) => (count === 1 ? 'system prompt' : `system prompt in ${count} parts`));
  together('tools', (count) =>
    neverCalled.length === 0
      ? `tool definitions (${count})`
      : `tool definitions (${count}, ${neverCalled.length} never called)`,
  );
  return rows
    .filter(({ category }) => only === undefined || category === only)
    .toSorted((left, right) => (right.rentUsd ?? 0) - (left.rentUsd ?? 0) || right.tokens - left.tokens);
}

function isCarried({ spans }: ContextItem, position: number): boolean {
  for (let at = 0; at + 1 < spans.length; at += 2)
    if ((spans[at] ?? 0) <= position && position <= (spans[at + 1] ?? -1)) return true;
  return false;
}

function labelOf({ category, label }: ContextItem): string {
  return category === 'tool_results' ? `tool result · ${label}` : label;
}

function rowOf(key: string, label: string, items: readonly ContextItem[], scale: number, allInput: number): CarriedRow {
  const [first] = items;
  const priced = items.filter(({ rentUsd }) => rentUsd !== undefined);
  return {
    key,
    category: first?.category ?? 'other',
    label,
    preview: items.length === 1 ? (first?.preview ?? '') : '',
    origin: items.length === 1 ? first?.origin : undefined,
    entered: Math.min(...items.map(({ entered }) => entered)),
    tokens: items.reduce((sum, { tokens }) => sum + tokens, 0) * scale,
    tokensFrom: items.length === 1 ? (first?.tokensFrom ?? 'estimated') : 'estimated',
    sent: Math.max(...items.map(({ sent }) => sent)),
    rentUsd: priced.length === 0 ? undefined : priced.reduce((sum, { rentUsd = 0 }) => sum + rentUsd, 0),
    unpriced: Math.max(...items.map(({ unpriced }) => unpriced)),
    share: allInput === 0 ? 0 : items.reduce((sum, { tokens, sent }) => sum + tokens * sent, 0) / allInput,
  };
}

/** A bar of the growth: one call, or the largest of several that lie side by side. */
export interface GrowthBar {
  readonly position: number;
  readonly call: ContextCall;
  /** Something happened in one of its calls. */
  readonly hasDrop: boolean;
  readonly hasLoss: boolean;
  readonly isSelected: boolean;
}

/** The calls of the conversation that the call at `position` belongs to, at most `most` bars. */
export function growthBars(calls: readonly ContextCall[], position: number, most: number): readonly GrowthBar[] {
  const conversation = calls[position]?.conversation;
  const own = calls.flatMap((call, at) => (call.conversation === conversation ? [{ call, at }] : []));
  const perBar = Math.max(1, Math.ceil(own.length / most));
  const bars: GrowthBar[] = [];
  for (let from = 0; from < own.length; from += perBar) {
    const group = own.slice(from, from + perBar);
    const selected = group.find(({ at }) => at === position);
    const shown = selected ?? group.toSorted((left, right) => right.call.total - left.call.total)[0];
    if (shown === undefined) continue;
    bars.push({
      position: shown.at,
      call: shown.call,
      hasDrop: group.some(({ call }) => call.drop !== undefined),
      hasLoss: group.some(({ call }) => call.lost !== undefined),
      isSelected: selected !== undefined,
    });
  }
  return bars;
}

export interface CategoryShare {
  readonly category: ContextCategory;
  readonly tokens: number;
}

/** Categories that the call has, in the order of the request. */
export function sharesOf(call: ContextCall): readonly CategoryShare[] {
  return contextCategories.flatMap((category, at) => {
    const tokens = call.categories[at] ?? 0;
    return tokens > 0 ? [{ category, tokens }] : [];
  });
}
