import type { PriceOverride } from '../../../shared/model/cost.ts';
import { nanosToMillis } from '../../../shared/model/units.ts';
import type { Nanos } from '../../../shared/model/units.ts';
import { catalogueProvider, modelNames } from './candidates.ts';

interface OverrideQuery {
  readonly requestModel: string | undefined;
  readonly responseModel: string | undefined;
  readonly provider: string | undefined;
  readonly atNs: Nanos;
}

/**
 * The user's own price for a step. An exact model name comes before a pattern, one for a provider before one for all;
 * among equals the newest `from` that had begun at the time of the step, then the longer pattern, then the later entry.
 */
export function findOverride(overrides: readonly PriceOverride[], query: OverrideQuery): PriceOverride | undefined {
  if (overrides.length === 0) return undefined;
  const names = modelNames(query.requestModel, query.responseModel).map((name) => name.toLowerCase());
  const provider = query.provider === undefined ? undefined : catalogueProvider(query.provider);
  const atMs = nanosToMillis(query.atNs);
  let best: PriceOverride | undefined;
  let bestRank: readonly number[] = [];
  for (const override of overrides) {
    const pattern = override.model.trim().toLowerCase();
    const exact = names.includes(pattern);
    if (!exact && !names.some((name) => matchesGlob(pattern, name))) continue;
    if (
      override.provider !== undefined &&
      override.provider !== '' &&
      catalogueProvider(override.provider) !== provider
    )
      continue;
    const from = override.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(override.from);
    if (Number.isNaN(from) || from > atMs) continue;
    const rank = [
      exact ? 1 : 0,
      override.provider === undefined || override.provider === '' ? 0 : 1,
      from,
      pattern.replaceAll('*', '').length,
    ];
    if (best === undefined || compareRanks(rank, bestRank) >= 0) {
      best = override;
      bestRank = rank;
    }
  }
  return best;
}

function compareRanks(left: readonly number[], right: readonly number[]): number {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? 0;
    if (value !== other) return value > other ? 1 : -1;
  }
  return 0;
}

/** `*` stands for any text. Linear in practice and without a regular expression: both sides are foreign. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let inPattern = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[inPattern] === '*') {
      star = inPattern++;
      resume = at;
    } else if (pattern[inPattern] === text[at]) {
      inPattern++;
      at++;
    } else if (star >= 0) {
      inPattern = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[inPattern] === '*') inPattern++;
  return inPattern === pattern.length;
}
