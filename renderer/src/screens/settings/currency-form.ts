import type { Currency } from '../../../../shared/model/cost.ts';
import { amountOf, isDay } from './price-form.ts';

export interface CurrencyDraft {
  readonly code: string;
  /** Units of it for one US dollar. */
  readonly perUsd: string;
  readonly date: string;
}
export type CurrencyErrors = Readonly<Partial<Record<keyof CurrencyDraft, string>>>;

export const emptyCurrency = (today: string): CurrencyDraft => ({ code: '', perUsd: '', date: today });

export function readCurrency(
  draft: CurrencyDraft,
): { readonly currency: Currency } | { readonly errors: CurrencyErrors } {
  const errors: { -readonly [Field in keyof CurrencyDraft]?: string } = {};
  const code = draft.code.trim().toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) errors.code = 'Three letters, like EUR.';
  else if (code === 'USD') errors.code = 'Money is in US dollars without a currency here.';
  const perUsd = amountOf(draft.perUsd);
  if (code !== 'USD' && (typeof perUsd !== 'number' || perUsd <= 0 || perUsd > 1e9))
    errors.perUsd = 'How much of it one US dollar is, like 0.92.';
  const date = draft.date.trim();
  if (!isDay(date)) errors.date = 'A day, like 2026-11-24.';
  if (Object.keys(errors).length > 0 || typeof perUsd !== 'number') return { errors };
  return { currency: { code, perUsd, date } };
}
