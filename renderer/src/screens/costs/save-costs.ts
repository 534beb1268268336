import type { CostFilter } from '../../../../shared/model/costs.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatQuantity } from '../../lib/format.ts';
import { saveFile } from '../../lib/save-file.ts';
import { showToast } from '../../lib/toasts.ts';
import { backend } from '../../session/backend-client.ts';
import { whileWorking } from '../../session/work-in-progress.ts';

/** Writes what the filter chooses into a file that the browser (or the desktop window) saves, and says what is not in it. */
export async function saveCosts(filter: CostFilter, format: 'csv' | 'focus'): Promise<void> {
  try {
    const file = await whileWorking('export', backend.costs.file({ filter, format }));
    saveFile(file.fileName, new Blob([file.text], { type: 'text/csv' }));
    const left = [
      ...(file.undated > 0 ? [`${formatQuantity(file.undated, 'call')} without a date`] : []),
      ...(file.unpriced > 0 ? [`${formatQuantity(file.unpriced, 'call')} without a price`] : []),
    ];
    showToast({
      title: 'Exported',
      text: left.length === 0 ? file.fileName : `${file.fileName}, without ${left.join(' and ')}`,
    });
  } catch (error) {
    showToast({
      title: 'The costs were not exported',
      text: messageOf(error),
      tone: 'error',
      action: { label: 'Try again', run: () => void saveCosts(filter, format) },
    });
  }
}
