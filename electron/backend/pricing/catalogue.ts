import { calcPrice } from '@pydantic/genai-prices';
import type { ModelInfo, ModelPrice, PriceCalculation, TieredPrices } from '@pydantic/genai-prices';
import { nanosToMillis } from '../../../shared/model/units.ts';
import type { Nanos } from '../../../shared/model/units.ts';
import type { Candidate } from './candidates.ts';
import type { Rates } from './price-lines.ts';

/** The package does not carry the date of its data: this is the day its version was published. A test holds both together. */
export const catalogue = { source: '@pydantic/genai-prices', version: '0.1.8', date: '2026-09-23' } as const;

export interface CataloguePrice {
  readonly provider: string;
  readonly model: string;
  /** ISO day from which this price holds, where the catalogue knows one. */
  readonly from: string | undefined;
  readonly prices: ModelPrice;
  /** Tokens that the model can take, where the catalogue knows. */
  readonly contextWindow: number | undefined;
}

/** A whole request is charged at the tier its input reaches, not only what lies above. */
export function ratesOf(prices: ModelPrice, inputTokens: number): Rates {
  const rate = (key: string): number | undefined => {
    const price = prices[key];
    if (price === undefined || typeof price === 'number') return price;
    return tieredRate(price, inputTokens);
  };
  const perThousandRequests = rate('requests_kcount');
  return {
    input: rate('input_mtok'),
    output: rate('output_mtok'),
    cacheRead: rate('cache_read_mtok'),
    cacheWrite: rate('cache_write_mtok'),
    cacheWrite1h: rate('cache_write_1h_mtok'),
    reasoning: rate('output_reasoning_mtok'),
    audioInput: rate('input_audio_mtok'),
    audioCacheRead: rate('cache_audio_read_mtok'),
    audioOutput: rate('output_audio_mtok'),
    request: perThousandRequests === undefined ? undefined : perThousandRequests / 1_000,
  };
}

function tieredRate(price: TieredPrices, inputTokens: number): number {
  let rate = price.base;
  let reached = -1;
  for (const tier of price.tiers) {
    if (inputTokens > tier.start && tier.start > reached) {
      reached = tier.start;
      rate = tier.price;
    }
  }
  return rate;
}

const largestCache = 20_000;

export interface Catalogue {
  /** undefined: the catalogue has no such model. Never throws. */
  find(candidate: Candidate, atNs: Nanos): CataloguePrice | undefined;
}

/** A look-up costs 85 µs (32 µs for a miss): it is done once for each name and time span in which the price cannot change. */
export function createCatalogue(): Catalogue {
  const prices = new Map<string, CataloguePrice | undefined>();
  /** How often the price of a candidate changes; found out at its first look-up. */
  const periods = new Map<string, Period>();

  return {
    find(candidate, atNs) {
      const name = JSON.stringify([candidate.provider, candidate.host, candidate.model]);
      const at = new Date(nanosToMillis(atNs));
      const period = periods.get(name);
      if (period !== undefined) {
        const key = name + epochOf(period, at);
        if (prices.has(key)) return prices.get(key);
      }
      const found = lookUp(candidate, at);
      const periodOfModel = found === undefined ? 'always' : periodOf(found.model);
      if (prices.size >= largestCache) {
        prices.clear();
        periods.clear();
      }
      const price =
        found === undefined
          ? undefined
          : {
              provider: found.provider.id,
              model: found.model.id,
              from: startOf(found.model, found.model_price),
              prices: found.model_price,
              contextWindow: found.model.context_window,
            };
      periods.set(name, periodOfModel);
      prices.set(name + epochOf(periodOfModel, at), price);
      return price;
    },
  };
}

function lookUp(candidate: Candidate, at: Date): PriceCalculation | undefined {
  try {
    // No usage: only which model and which of its prices.
    return (
      calcPrice({ input_tokens: 0, output_tokens: 0 }, candidate.model, {
        timestamp: at,
        ...(candidate.provider === undefined ? {} : { providerId: candidate.provider }),
        ...(candidate.host === undefined ? {} : { providerApiUrl: `https://${candidate.host}` }),
      }) ?? undefined
    );
  } catch {
    // A fault in one entry of the catalogue is the same to the user as a missing one.
    return undefined;
  }
}

type Period = 'always' | 'day' | 'minute';

function periodOf(model: ModelInfo): Period {
  if (!Array.isArray(model.prices)) return 'always';
  const constraints = model.prices.flatMap(({ constraint }) => constraint ?? []);
  if (constraints.some(({ type }) => type === 'time_of_date')) return 'minute';
  return constraints.length > 0 ? 'day' : 'always';
}

function epochOf(period: Period, at: Date): string {
  if (period === 'always') return '';
  return at.toISOString().slice(0, period === 'day' ? 10 : 16);
}

function startOf(model: ModelInfo, prices: ModelPrice): string | undefined {
  if (!Array.isArray(model.prices)) return undefined;
  const constraint = model.prices.find((entry) => entry.prices === prices)?.constraint;
  return constraint?.type === 'start_date' ? constraint.start_date : undefined;
}
