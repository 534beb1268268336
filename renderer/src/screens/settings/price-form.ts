import { priceOverrideSchema } from '../../../../shared/model/cost.ts';
import type { PriceOverride } from '../../../../shared/model/cost.ts';
import { percentMistake, rateMistakes } from '../../lib/price-mistakes.ts';

/** The prices of one tier as they are typed: US dollars per million tokens. */
export interface TierDraft {
  /** The whole request at these prices where its input is more than so many tokens. */
  readonly above: string;
  readonly input: string;
  readonly output: string;
  readonly cacheRead: string;
  readonly cacheWrite: string;
}

/** A price as it is typed. Prices are US dollars per million tokens. */
export interface PriceDraft {
  readonly model: string;
  readonly provider: string;
  readonly input: string;
  readonly output: string;
  readonly cacheRead: string;
  readonly cacheWrite: string;
  readonly cacheWrite1h: string;
  readonly batchPercent: string;
  readonly flexPercent: string;
  readonly priorityPercent: string;
  readonly from: string;
  readonly tiers: readonly TierDraft[];
}

export type PriceField = Exclude<keyof PriceDraft, 'tiers'>;
export type TierField = keyof TierDraft;
/** By the field; those of a tier as `tiers.0.input`. */
export type PriceErrors = Readonly<Partial<Record<string, string>>>;

export const emptyTier: TierDraft = { above: '', input: '', output: '', cacheRead: '', cacheWrite: '' };

export const emptyDraft: PriceDraft = {
  model: '',
  provider: '',
  input: '',
  output: '',
  cacheRead: '',
  cacheWrite: '',
  cacheWrite1h: '',
  batchPercent: '',
  flexPercent: '',
  priorityPercent: '',
  from: '',
  tiers: [],
};

const text = (value: number | undefined): string => (value === undefined ? '' : String(value));

export function draftOf(price: PriceOverride): PriceDraft {
  return {
    model: price.model,
    provider: price.provider ?? '',
    input: text(price.input),
    output: text(price.output),
    cacheRead: text(price.cacheRead),
    cacheWrite: text(price.cacheWrite),
    cacheWrite1h: text(price.cacheWrite1h),
    batchPercent: text(price.batchPercent),
    flexPercent: text(price.flexPercent),
    priorityPercent: text(price.priorityPercent),
    from: price.from ?? '',
    tiers: (price.tiers ?? []).map((tier) => ({
      above: text(tier.above),
      input: text(tier.input),
      output: text(tier.output),
      cacheRead: text(tier.cacheRead),
      cacheWrite: text(tier.cacheWrite),
    })),
  };
}

/** `doubts`: it can be saved, and is probably meant otherwise. */
export type ReadPrice =
  | { readonly price: PriceOverride; readonly doubts: PriceErrors }
  | { readonly errors: PriceErrors };

/** The price, or what is wrong with which field. An empty optional field is "not given", never 0. */
export function readDraft(draft: PriceDraft): ReadPrice {
  const errors: { [field: string]: string } = {};
  const doubts: { [field: string]: string } = {};
  const dollars = (field: string, typed: string, required: boolean): number | undefined => {
    const value = amountOf(typed);
    if (value === 'none' && required) errors[field] = 'Needed: $ per million tokens.';
    if (value === 'wrong') errors[field] = 'A number of dollars, 0 or more.';
    return typeof value === 'number' ? value : undefined;
  };
  const rates = (draftRates: Omit<TierDraft, 'above'>, at: string) => {
    const read = {
      input: dollars(`${at}input`, draftRates.input, true),
      output: dollars(`${at}output`, draftRates.output, true),
      cacheRead: dollars(`${at}cacheRead`, draftRates.cacheRead, false),
      cacheWrite: dollars(`${at}cacheWrite`, draftRates.cacheWrite, false),
    };
    for (const [name, mistake] of Object.entries(rateMistakes(read))) doubts[`${at}${name}`] = mistake;
    return given(read);
  };
  const percent = (field: 'batchPercent' | 'flexPercent' | 'priorityPercent'): number | undefined => {
    const value = amountOf(draft[field].replace(/%\s*$/, ''));
    if (value === 'wrong' || (typeof value === 'number' && value > 1_000)) {
      errors[field] = 'Percent of the price, from 0 to 1000.';
      return undefined;
    }
    const number = typeof value === 'number' ? value : undefined;
    const mistake = percentMistake(number);
    if (mistake !== undefined) doubts[field] = mistake;
    return number;
  };
  const model = draft.model.trim();
  if (model === '') errors['model'] = 'Needed: the model, * stands for anything.';
  const provider = draft.provider.trim();
  const from = draft.from.trim();
  if (from !== '' && !isDay(from)) errors['from'] = 'A day, like 2026-11-24.';
  const own = {
    ...rates(draft, ''),
    ...given({
      cacheWrite1h: dollars('cacheWrite1h', draft.cacheWrite1h, false),
      batchPercent: percent('batchPercent'),
      flexPercent: percent('flexPercent'),
      priorityPercent: percent('priorityPercent'),
    }),
  };
  const tiers = draft.tiers.map((tier, at) => {
    const above = Number(tier.above.trim().replaceAll(/[,_ ]/g, '').replace(/k$/i, '000'));
    if (tier.above.trim() === '' || !Number.isSafeInteger(above) || above <= 0)
      errors[`tiers.${at}.above`] = 'A number of tokens, like 200000.';
    return { above, ...rates(tier, `tiers.${at}.`) };
  });
  if (Object.keys(errors).length > 0) return { errors };

  const parsed = priceOverrideSchema.safeParse({
    model,
    ...own,
    ...(provider === '' ? {} : { provider }),
    ...(tiers.length === 0 ? {} : { tiers }),
    ...(from === '' ? {} : { from }),
  });
  return parsed.success
    ? { price: parsed.data, doubts }
    : { errors: { model: parsed.error.issues[0]?.message ?? 'Not a price.' } };
}

export function amountOf(typed: string): number | 'none' | 'wrong' {
  const plain = typed.trim().replace(/^\$/, '').replace(',', '.');
  if (plain === '') return 'none';
  const value = Number(plain);
  return Number.isFinite(value) && value >= 0 ? value : 'wrong';
}

/** Without what was not given. */
function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}

export function isDay(day: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
