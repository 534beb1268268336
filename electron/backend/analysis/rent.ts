import type { CostLine } from '../../../shared/model/cost.ts';
import type { LedgerCall, LedgerItem } from './ledger-entry.ts';

/**
 * Adds to each item what this call paid for it. Providers cache the beginning of a request: its first `cacheRead` tokens were read
 * from the cache, the next `cacheWrite` written to it, and the rest was paid in full; an item pays at the prices of where it stands.
 */
export function addRent(items: readonly LedgerItem[], scale: number, call: Omit<LedgerCall, 'parts'>): void {
  const rates = inputRates(call);
  if (rates === undefined) {
    // Answered from a recording: nothing was paid, and nothing is unknown.
    if (call.cost?.kind !== 'recorded') for (const item of items) item.unpriced += 1;
    return;
  }
  const read = call.usage.cacheRead ?? 0;
  const written = read + (call.usage.cacheWrite ?? 0);
  let at = 0;
  for (const item of items) {
    const end = at + item.tokens * scale;
    const usd =
      (overlap(at, end, 0, read) * rates.read +
        overlap(at, end, read, written) * rates.write +
        overlap(at, end, written, Number.POSITIVE_INFINITY) * rates.plain) /
      1e6;
    item.rentUsd = (item.rentUsd ?? 0) + usd;
    item.firstUsd ??= usd;
    at = end;
  }
}

/** What reading from the cache costs, where one of these calls of the same model says so: USD per million tokens. */
export function cacheReadRate(calls: readonly Pick<LedgerCall, 'cost'>[]): number | undefined {
  for (const { cost } of calls) {
    if (cost?.kind !== 'priced') continue;
    const line = cost.lines.find(({ label }) => label === 'cache-read');
    if (line !== undefined) return line.usdPerMillion;
  }
  return undefined;
}

interface InputRates {
  readonly plain: number;
  readonly read: number;
  readonly write: number;
}

/** USD per million tokens, as the step's own arithmetic has them; undefined where the call has no price by tokens. */
export function inputRates({ cost }: Pick<LedgerCall, 'cost'>): InputRates | undefined {
  if (cost?.kind !== 'priced') return undefined;
  const rate = (label: CostLine['label']): number | undefined =>
    cost.lines.find((line) => line.label === label)?.usdPerMillion;
  const read = rate('cache-read');
  const write = rate('cache-write') ?? rate('cache-write-1h');
  const plain = rate('input') ?? write ?? read;
  if (plain === undefined) return undefined;
  return { plain, read: read ?? plain, write: write ?? plain };
}

const overlap = (from: number, to: number, start: number, end: number): number =>
  Math.max(0, Math.min(to, end) - Math.max(from, start));
