import type { CostFilter, CostsFile } from '../../../../shared/model/costs.ts';
import { placesOf, wholeRedaction } from '../../../../shared/model/redaction.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatQuantity } from '../../lib/format.ts';
import { saveFile } from '../../lib/save-file.ts';
import { showToast } from '../../lib/toasts.ts';
import { backend } from '../../session/backend-client.ts';
import { whileWorking } from '../../session/work-in-progress.ts';

/**
 * Writes what the filter chooses into a file that the browser (or the desktop window) saves, and says what is not in it. What is
 * private in the names of agents and models has names in its place, unless the file is asked for as it is.
 */
export async function saveCosts(filter: CostFilter, format: 'csv' | 'focus', redact = true): Promise<void> {
  try {
    const file = await whileWorking('export', readFile(filter, format, redact));
    saveFile(file.fileName, new Blob([file.text], { type: 'text/csv' }));
    const hits = placesOf(file.found);
    showToast({
      title: 'Exported',
      text: wordsOf(file, hits, redact),
      isLong: hits > 0,
      ...(hits > 0 && redact
        ? { action: { label: 'Write it as it is', run: () => void saveCosts(filter, format, false) } }
        : {}),
    });
  } catch (error) {
    showToast({
      title: 'The costs were not exported',
      text: messageOf(error),
      tone: 'error',
      action: { label: 'Try again', run: () => void saveCosts(filter, format, redact) },
    });
  }
}

async function readFile(filter: CostFilter, format: 'csv' | 'focus', redact: boolean): Promise<CostsFile> {
  const redaction = wholeRedaction((await backend.settings.get()).sharing);
  return backend.costs.file({ filter, format, redaction, redact });
}

function wordsOf({ fileName, undated, unpriced }: CostsFile, hits: number, redact: boolean): string {
  const without = [
    ...(undated > 0 ? [`${formatQuantity(undated, 'call')} without a date`] : []),
    ...(unpriced > 0 ? [`${formatQuantity(unpriced, 'call')} without a price`] : []),
  ];
  const file = without.length === 0 ? fileName : `${fileName}, without ${without.join(' and ')}`;
  if (hits === 0) return file;
  return redact
    ? `${file}. Names stand in ${formatQuantity(hits, 'place')} for what is private.`
    : `${file}. What is private stands in it as it is, in ${formatQuantity(hits, 'place')}.`;
}
