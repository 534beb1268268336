import { waitForUpdate } from '@pydantic/genai-prices';

/** What a text must be like. Texts are compared in lower case; a regular expression is of RE2 (base/linear-pattern.ts). */
export type MatchRule =
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }
  | { readonly or: readonly MatchRule[] }
  | { readonly and: readonly MatchRule[] };

/** USD; of a tier: for requests with more input tokens than `start`. */
export type ListPrice =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] };

/** What Retake reads of a model's prices; a catalogue has others too (pictures, searches), which no usage is counted for. */
export const priceKeys = [
  'input_mtok',
  'output_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
  'cache_write_1h_mtok',
  'output_reasoning_mtok',
  'input_audio_mtok',
  'cache_audio_read_mtok',
  'output_audio_mtok',
  'requests_kcount',
] as const;
export type PriceKey = (typeof priceKeys)[number];
export type ListPrices = { readonly [Key in PriceKey]?: ListPrice | undefined };

export type PriceConstraint =
  /** ISO day from which it holds. */
  | { readonly start_date: string }
  /** Between these times of each day (`16:30:00Z`). */
  | { readonly start_time: string; readonly end_time: string };

export interface DatedPrices {
  readonly constraint?: PriceConstraint | undefined;
  readonly prices: ListPrices;
}

export interface CatalogueModel {
  readonly id: string;
  readonly match: MatchRule;
  readonly context_window?: number | undefined;
  /** One price for all time, or a list of which the last one holds that fits. */
  readonly prices: ListPrices | readonly DatedPrices[];
}

export interface CatalogueProvider {
  readonly id: string;
  readonly api_pattern: string;
  readonly model_match?: MatchRule | undefined;
  readonly provider_match?: MatchRule | undefined;
  readonly fallback_model_providers?: readonly string[] | undefined;
  readonly models: readonly CatalogueModel[];
}

/** Prices of one day, whoever brought them. */
export interface CatalogueData {
  /** Names exactly these prices: two catalogues with one are the same. */
  readonly id: string;
  /** For people, as in the cost of a step: `@pydantic/genai-prices 0.1.8`. */
  readonly name: string;
  /** ISO day. */
  readonly date: string;
  readonly providers: readonly CatalogueProvider[];
}

/** The package does not carry the date of its data: this is the day its version was published. A test holds both together. */
export const packaged = { source: '@pydantic/genai-prices', version: '0.1.8', date: '2026-09-23' } as const;

/** The catalogue that comes with Retake. */
export const packagedCatalogue: CatalogueData = {
  id: `${packaged.source} ${packaged.version}`,
  name: `${packaged.source} ${packaged.version}`,
  date: packaged.date,
  // What the package has at hand: nothing is fetched unless it is told where to.
  providers: (await waitForUpdate()) ?? [],
};

export function isDated(prices: CatalogueModel['prices']): prices is readonly DatedPrices[] {
  return Array.isArray(prices);
}
