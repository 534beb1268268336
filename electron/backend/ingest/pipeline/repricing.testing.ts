import type { Cost } from '../../../../shared/model/cost.ts';
import type { PriceRequest } from '../../pricing/pricing.ts';

/** So many dollars for a million input tokens of `paid`; `billed` costs what was billed, `priceless` has no price below 2. */
export function priceAt(usdPerMillion: number): (request: PriceRequest) => Cost {
  return ({ requestModel = '', usage, reportedCostUsd = 0 }) => {
    if (requestModel === 'billed')
      return { kind: 'reported', usd: reportedCostUsd, reportedUsd: reportedCostUsd, sourceName: 'billed', notes: [] };
    if (requestModel === 'priceless' && usdPerMillion < 2) return { kind: 'none', reason: 'no price' };
    return {
      kind: 'priced',
      usd: ((usage.input ?? 0) * usdPerMillion) / 1e6,
      lines: [],
      source: 'catalogue',
      sourceName: 'test',
      matchedModel: requestModel,
      notes: [],
    };
  };
}
