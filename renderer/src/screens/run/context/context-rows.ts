import { contextCategories } from '../../../../../shared/model/context-lens.ts';
import type {
  ContextCall,
  ContextCategory,
  ContextItem,
  ContextLens,
  TokenSource,
} from '../../../../../shared/model/context-lens.ts';

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
  /** What it carried in all calls, of all input of its conversation. */
  readonly share: number;
}

/** What the call carried, dearest first; definitions and instructions are one line each. */
export function carriedRows(
  { call, items, conversationInput }: Pick<ContextLens, 'call' | 'items' | 'conversationInput'>,
  only: ContextCategory | undefined,
  neverCalled: readonly string[],
): readonly CarriedRow[] {
  if (call === undefined) return [];
  const rows: CarriedRow[] = [];
  // What came along with one call keeps its order from call to call.
  const came = new Map<number, number>();
  for (const item of items) {
    if (item.category === 'tools' || item.category === 'system') continue;
    const place = came.get(item.entered) ?? 0;
    came.set(item.entered, place + 1);
    rows.push(rowOf(`${item.entered}-${place}`, labelOf(item), [item], call.scale, conversationInput));
  }
  const together = (category: ContextCategory, label: (count: number) => string): void => {
    const all = items.filter((item) => item.category === category);
    if (all.length > 0) rows.push(rowOf(category, label(all.length), all, call.scale, conversationInput));
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
    share: allInput === 0 ? 0 : items.reduce((sum, { carried }) => sum + carried, 0) / allInput,
  };
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
