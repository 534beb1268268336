import type { PriceOverride } from '../../../shared/model/cost.ts';
import { nanosToMillis } from '../../../shared/model/units.ts';
import type { Nanos } from '../../../shared/model/units.ts';
import { catalogueProvider, modelNames } from './candidates.ts';
import { scaled } from './price-lines.ts';
import type { Rates } from './price-lines.ts';
import type { PriceRequest } from './price-request.ts';

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

/** The override's rates for one request: those of the largest tier that its input is above, for its service tier. */
export function overrideRates(
  override: PriceOverride,
  { usage, serviceTier }: Pick<PriceRequest, 'usage' | 'serviceTier'>,
): { readonly rates: Rates; readonly notes: readonly string[] } {
  const input = usage.input ?? 0;
  const tier = (override.tiers ?? [])
    .filter(({ above }) => input > above)
    .reduce<OwnTier | undefined>((best, one) => (best === undefined || one.above > best.above ? one : best), undefined);
  const { rates, notes } = serviceTierOf(override, serviceTier);
  const own = tier ?? override;
  return {
    rates: scaled(
      {
        input: own.input,
        output: own.output,
        cacheRead: own.cacheRead,
        cacheWrite: own.cacheWrite,
        cacheWrite1h: own.cacheWrite1h ?? own.cacheWrite,
        reasoning: undefined,
        audioInput: undefined,
        audioCacheRead: undefined,
        audioOutput: undefined,
        request: undefined,
      },
      rates / 100,
    ),
    notes: [
      ...(tier === undefined
        ? []
        : [`More than ${tier.above} tokens of input: the whole call at the prices of that tier.`]),
      ...notes,
    ],
  };
}

type OwnTier = NonNullable<PriceOverride['tiers']>[number];

/** `rates`: percent of the override's own. */
function serviceTierOf(
  { batchPercent, flexPercent, priorityPercent }: PriceOverride,
  serviceTier: string | undefined,
): { readonly rates: number; readonly notes: readonly string[] } {
  const name = serviceTier?.trim().toLowerCase();
  const percent =
    name === 'batch' ? batchPercent : name === 'flex' ? flexPercent : name === 'priority' ? priorityPercent : undefined;
  if (percent === undefined) return { rates: 100, notes: [] };
  return { rates: percent, notes: [`Service tier "${name}": ${percent} % of your price.`] };
}

/** Of two ranks the first difference decides. */
export function compareRanks(left: readonly number[], right: readonly number[]): number {
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
