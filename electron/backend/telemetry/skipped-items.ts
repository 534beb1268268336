import type { Skipped } from './raw-span.ts';

/** As many are kept one by one. A hostile file of 16 MB has 8 million empty spans: each kept took 5.1 GB. */
const namedItems = 1_000;
/** And as many different reasons after that. */
const namedReasons = 100;

/** What was left out: the first ones as they are, the rest counted by reason. */
export interface SkippedItems {
  add(item: Skipped): void;
  readonly count: number;
  /** Entries with a `count` stand for so many items. */
  list(): readonly Skipped[];
}

export function createSkippedItems(): SkippedItems {
  const named: Skipped[] = [];
  const more = new Map<string, number>();
  let others = 0;
  let count = 0;
  // Millions may have one and the same: its short form is made once.
  let last: { readonly reason: string; readonly short: string } | undefined;
  return {
    add(item) {
      count += item.count ?? 1;
      if (named.length < namedItems) {
        named.push(item);
        return;
      }
      // Reasons differ by the ids that they name.
      if (last?.reason !== item.reason)
        last = { reason: item.reason, short: item.reason.slice(0, 200).replaceAll(/\d+|[0-9a-f]{8,}/gi, '…') };
      const reason = last.short;
      const known = more.get(reason);
      if (known === undefined && more.size >= namedReasons) others += item.count ?? 1;
      else more.set(reason, (known ?? 0) + (item.count ?? 1));
    },
    get count() {
      return count;
    },
    list: () => [
      ...named,
      ...[...more].map(([reason, times]) => ({ line: undefined, reason, count: times })),
      ...(others === 0 ? [] : [{ line: undefined, reason: 'for other reasons', count: others }]),
    ],
  };
}
