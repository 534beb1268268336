import { useSyncExternalStore } from 'react';
import type { Currency } from '../../../shared/model/cost.ts';

/** In what money is shown, as the settings say; undefined: US dollars. */
let currency: Currency | undefined;
const listeners = new Set<() => void>();

export const shownCurrency = (): Currency | undefined => currency;

export function showMoneyIn(next: Currency | undefined): void {
  if (JSON.stringify(next) === JSON.stringify(currency)) return;
  currency = next;
  for (const listener of listeners) listener();
}

/** The currency that money is shown in. Figures do not ask for it one by one: the window draws them anew when it changes. */
export function useShownCurrency(): Currency | undefined {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, shownCurrency);
}
