import type { Currency } from './cost.ts';

/** What US dollars are in the user's own currency, at the user's own rate; as they are without one. */
export const amountIn = (usd: number, currency: Currency | undefined): number => usd * (currency?.perUsd ?? 1);

/** What stands before an amount: `$`, `€`, `CA$`, `CHF ` with a blank that does not break. */
export function currencySign(currency: Currency | undefined): string {
  if (currency === undefined || currency.code === 'USD') return '$';
  const sign = new Intl.NumberFormat('en-US', { style: 'currency', currency: currency.code })
    .formatToParts(0)
    .find(({ type }) => type === 'currency')?.value;
  return sign === undefined || /[A-Z]$/.test(sign) ? `${sign ?? currency.code}\u00a0` : sign;
}

/** `1 USD = 0.92 EUR, your rate of 2026-11-01` */
export const rateWords = ({ code, perUsd, date }: Currency): string =>
  `1 USD = ${perUsd} ${code}, your rate of ${date}`;
