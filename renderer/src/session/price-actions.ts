import { useSyncExternalStore } from 'react';
import { settingsLocation } from '../../../shared/location.ts';
import { changesRuns } from '../../../shared/model/price-words.ts';
import type { CatalogueChanges } from '../../../shared/model/prices.ts';
import { messageOf } from '../lib/error-message.ts';
import { formatQuantity } from '../lib/format.ts';
import { showToast } from '../lib/toasts.ts';
import { backend } from './backend-client.ts';
import { navigate } from './location-store.ts';
import { priceFailureTitle } from './price-failure.ts';
import { queryClient, queryKeys, repriced } from './queries.ts';

/** The published file is 0.4 MB. */
const largestFile = 16_000_000;

/** What the last other catalogue of this window says otherwise. */
let lastChanges: CatalogueChanges | undefined;
let isBusy = false;
const listeners = new Set<() => void>();

function tell(changes: { readonly last?: CatalogueChanges; readonly isBusy?: boolean }): void {
  lastChanges = changes.last ?? lastChanges;
  isBusy = changes.isBusy ?? isBusy;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useCatalogueChanges = (): CatalogueChanges | undefined =>
  useSyncExternalStore(subscribe, () => lastChanges);
export const usePricesBusy = (): boolean => useSyncExternalStore(subscribe, () => isBusy);

/** Another catalogue, the library priced with it, and what that came to. */
async function change(work: () => Promise<CatalogueChanges | undefined>): Promise<void> {
  if (isBusy) return;
  tell({ isBusy: true });
  let isTaken = false;
  try {
    const changes = await work();
    if (changes === undefined) return;
    isTaken = true;
    tell({ last: changes });
    void queryClient.invalidateQueries({ queryKey: queryKeys.prices });
    const { added, gone, changed, more } = changes;
    const count = added.length + gone.length + changed.length + more.added + more.gone + more.changed;
    const report = count === 0 ? undefined : await repriced();
    // Where it changes runs, that is said as it is after any other change of prices (live-changes.ts).
    if (report !== undefined && changesRuns(report)) return;
    showToast({
      title: count === 0 ? 'No model has another price' : `${formatQuantity(count, 'model')} with other prices`,
      text: 'No run costs anything else.',
      action: { label: 'What changed', run: () => navigate(settingsLocation()) },
    });
  } catch (error) {
    showToast({ tone: 'error', title: priceFailureTitle(isTaken, error), text: messageOf(error) });
  } finally {
    tell({ isBusy: false });
  }
}

/** Asks for a catalogue as genai-prices publishes it, and takes it. */
export function updatePricesFromFile(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.json,application/json';
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file !== undefined) void change(() => takeFile(file));
  });
  input.click();
}

async function takeFile(file: File): Promise<CatalogueChanges> {
  if (file.size > largestFile)
    throw new Error(`${file.name} is no catalogue of prices: it has ${Math.round(file.size / 1e6)} MB.`);
  // A catalogue does not say of which day it is: its file does.
  const date = new Date(file.lastModified).toISOString().slice(0, 10);
  return backend.prices.take({ name: file.name, text: await file.text(), date });
}

/** The only thing in Retake that asks anybody for prices. */
export const lookForNewerPrices = (): void => void change(() => backend.prices.download());
export const goBackToPricesBefore = (): void => void change(() => backend.prices.goBack());
