import type { Contract } from '../../../shared/model/cost.ts';
import { nanosToMillis } from '../../../shared/model/units.ts';
import { catalogueProvider, modelNames } from './candidates.ts';
import { compareRanks, matchesGlob } from './overrides.ts';
import type { PriceRequest } from './price-request.ts';

const dayMs = 86_400_000;

/**
 * The contract for a call: one for its model comes before one for all of the provider; among equals the one that began last, then the
 * longer pattern, then the later entry.
 */
export function findContract(
  contracts: readonly Contract[],
  request: Pick<PriceRequest, 'requestModel' | 'responseModel' | 'provider' | 'atNs'>,
): Contract | undefined {
  if (contracts.length === 0 || request.provider === undefined) return undefined;
  const provider = catalogueProvider(request.provider);
  const names = modelNames(request.requestModel, request.responseModel).map((name) => name.toLowerCase());
  const atMs = nanosToMillis(request.atNs);
  let best: Contract | undefined;
  let bestRank: readonly number[] = [];
  for (const contract of contracts) {
    if (catalogueProvider(contract.provider) !== provider) continue;
    const pattern = contract.model?.trim().toLowerCase();
    if (pattern !== undefined && !names.some((name) => matchesGlob(pattern, name))) continue;
    const from = contract.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(contract.from);
    if (from > atMs || (contract.until !== undefined && atMs >= Date.parse(contract.until) + dayMs)) continue;
    const rank = [pattern === undefined ? 0 : 1, from, pattern?.replaceAll('*', '').length ?? 0];
    if (best === undefined || compareRanks(rank, bestRank) >= 0) {
      best = contract;
      bestRank = rank;
    }
  }
  return best;
}

/** 0.85 for 15 % off; written such that 15 gives 0.85 and not 0.8500000000000001. */
export function factorOf({ percentOff }: Contract): number {
  return Number(((100 - percentOff) / 100).toPrecision(12));
}
