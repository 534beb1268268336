import { priceOverrideSchema } from '../../../../shared/model/cost.ts';
import type { PriceOverride } from '../../../../shared/model/cost.ts';

/** A price as it is typed. Prices are US dollars per million tokens. */
export interface PriceDraft {
  readonly model: string;
  readonly provider: string;
  readonly input: string;
  readonly output: string;
  readonly cacheRead: string;
  readonly cacheWrite: string;
  readonly from: string;
}

export type PriceField = keyof PriceDraft;
export type PriceErrors = Readonly<Partial<Record<PriceField, string>>>;

export const emptyDraft: PriceDraft = {
  model: '',
  provider: '',
  input: '',
  output: '',
  cacheRead: '',
  cacheWrite: '',
  from: '',
};

export function draftOf(price: PriceOverride): PriceDraft {
  const text = (value: number | undefined) => (value === undefined ? '' : String(value));
  return {
    model: price.model,
    provider: price.provider ?? '',
    input: text(price.input),
    output: text(price.output),
    cacheRead: text(price.cacheRead),
    cacheWrite: text(price.cacheWrite),
    from: price.from ?? '',
  };
}

/** The price, or what is wrong with which field. An empty optional field is "not given", never 0. */
export function readDraft(draft: PriceDraft): { readonly price: PriceOverride } | { readonly errors: PriceErrors } {
  const errors: { [Field in PriceField]?: string } = {};
  const amount = (field: 'input' | 'output' | 'cacheRead' | 'cacheWrite', required: boolean): number | undefined => {
    const text = draft[field].trim().replace(/^\$/, '').replace(',', '.');
    if (text === '') {
      if (required) errors[field] = 'Needed: $ per million tokens.';
      return undefined;
    }
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0) errors[field] = 'A number of dollars, 0 or more.';
    return value;
  };
  const model = draft.model.trim();
  if (model === '') errors.model = 'Needed: the model, * stands for anything.';
  const provider = draft.provider.trim();
  const from = draft.from.trim();
  if (from !== '' && !isDay(from)) errors.from = 'A day, like 2026-11-24.';
  const input = amount('input', true);
  const output = amount('output', true);
  const cacheRead = amount('cacheRead', false);
  const cacheWrite = amount('cacheWrite', false);
  if (Object.keys(errors).length > 0) return { errors };

  const parsed = priceOverrideSchema.safeParse({
    model,
    input,
    output,
    ...(provider === '' ? {} : { provider }),
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    ...(from === '' ? {} : { from }),
  });
  return parsed.success
    ? { price: parsed.data }
    : { errors: { model: parsed.error.issues[0]?.message ?? 'Not a price.' } };
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
