import type { Cost, PriceOverride } from '../../../shared/model/cost.ts';
import { nanos } from '../../../shared/model/units.ts';
import { createPricer, packagedPricing } from './pricing.ts';
import type { PriceRequest } from './pricing.ts';

const atNs = nanos(BigInt(Date.parse('2026-11-20T12:00:00Z')) * 1_000_000n);

/** For tests of prices: a call, its price, and what the price is made of. */
export const request = (fields: Partial<PriceRequest>): PriceRequest => ({
  usage: { input: 1_000, output: 100 },
  requestModel: undefined,
  responseModel: undefined,
  provider: undefined,
  serverAddress: undefined,
  serviceTier: undefined,
  reportedCostUsd: undefined,
  atNs,
  ...fields,
});
export const price = (fields: Partial<PriceRequest>, overrides: readonly PriceOverride[] = []): Cost =>
  createPricer({ ...packagedPricing, overrides }).price(request(fields));

export function pricedOf(cost: Cost): Extract<Cost, { kind: 'priced' }> {
  if (cost.kind !== 'priced') throw new Error(`not priced: ${JSON.stringify(cost)}`);
  return cost;
}
export const sumOf = (cost: Extract<Cost, { kind: 'priced' }>): number =>
  cost.lines.reduce((sum, line) => sum + line.usd, 0);
