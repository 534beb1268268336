import { nanosToMillis } from '../../../shared/model/units.ts';
import type { Nanos } from '../../../shared/model/units.ts';
import type { Candidate } from './candidates.ts';
import { isDated, packagedCatalogue } from './catalogue-data.ts';
import type {
  CatalogueData,
  CatalogueModel,
  DatedPrices,
  ListPrice,
  ListPrices,
  PriceConstraint,
  PriceKey,
} from './catalogue-data.ts';
import { findModel } from './catalogue-match.ts';
import type { Rates } from './price-lines.ts';

export interface CataloguePrice {
  readonly provider: string;
  readonly model: string;
  /** ISO day from which this price holds, where the catalogue knows one. */
  readonly from: string | undefined;
  readonly prices: ListPrices;
  /** Tokens that the model can take, where the catalogue knows. */
  readonly contextWindow: number | undefined;
}

/** A whole request is charged at the tier its input reaches, not only what lies above. */
export function ratesOf(prices: ListPrices, inputTokens: number): Rates {
  const rate = (key: PriceKey): number | undefined => {
    const price = prices[key];
    return price === undefined ? undefined : rateAt(price, inputTokens);
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

function rateAt(price: ListPrice, inputTokens: number): number {
  if (typeof price === 'number') return price;
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
  readonly data: CatalogueData;
  /** undefined: the catalogue has no such model. Never throws. */
  find(candidate: Candidate, atNs: Nanos): CataloguePrice | undefined;
}

const opened = new WeakMap<CatalogueData, Catalogue>();

/** Looking a name up goes through thousands of rules: it is done once for each name. */
export function catalogueOf(data: CatalogueData = packagedCatalogue): Catalogue {
  const known = opened.get(data);
  if (known) return known;
  const models = new Map<string, ReturnType<typeof findModel>>();
  const catalogue: Catalogue = {
    data,
    find(candidate, atNs) {
      const name = JSON.stringify([candidate.provider, candidate.host, candidate.model]);
      if (!models.has(name)) {
        if (models.size >= largestCache) models.clear();
        models.set(name, findModel(data.providers, candidate));
      }
      const found = models.get(name);
      const priced = found === undefined ? undefined : pricesAt(found.model, new Date(nanosToMillis(atNs)));
      if (found === undefined || priced === undefined) return undefined;
      return {
        provider: found.provider.id,
        model: found.model.id,
        from:
          priced.constraint !== undefined && 'start_date' in priced.constraint
            ? priced.constraint.start_date
            : undefined,
        prices: priced.prices,
        contextWindow: found.model.context_window,
      };
    },
  };
  opened.set(data, catalogue);
  return catalogue;
}

/** The last price that holds at that time; before the first of them, the first. */
function pricesAt({ prices }: CatalogueModel, at: Date): DatedPrices | undefined {
  if (!isDated(prices)) return { prices };
  return prices.findLast(({ constraint }) => constraint === undefined || holds(constraint, at)) ?? prices[0];
}

function holds(constraint: PriceConstraint, at: Date): boolean {
  if ('start_date' in constraint) return at.getTime() >= Date.parse(constraint.start_date);
  const now = (at.getTime() / 1_000) % secondsOfDay;
  const start = secondOfDay(constraint.start_time);
  const end = secondOfDay(constraint.end_time);
  return end < start ? now >= start || now < end : now >= start && now < end;
}

const secondsOfDay = 86_400;

/** Of a time with its offset, as `16:30:00Z` or `09:00:00+02:00`. */
function secondOfDay(time: string): number {
  return (((Date.parse(`1970-01-02T${time}`) / 1_000) % secondsOfDay) + secondsOfDay) % secondsOfDay;
}
