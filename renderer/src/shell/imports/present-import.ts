import { homeLocation, runLocation } from '../../../../shared/location.ts';
import { formatQuantity } from '../../lib/format.ts';
import { showToast } from '../../lib/toasts.ts';
import { setReportOpen } from '../../session/imports/import-store.ts';
import type { ImportJob } from '../../session/imports/import-store.ts';
import { navigate } from '../../session/location-store.ts';

/** One recognised file with nothing to say about it: the run itself is the better answer than a report. */
export function isUneventful(job: ImportJob): boolean {
  const [file] = job.files;
  return (
    job.state === 'done' &&
    job.files.length === 1 &&
    file !== undefined &&
    file.format !== 'unknown' &&
    file.skipped.length === 0 &&
    file.warnings.length === 0 &&
    job.runIds.length > 0
  );
}

/** After an import: its run when there is just one and all went well, else its report. */
export function presentImport(job: ImportJob): void {
  const [file] = job.files;
  if (!isUneventful(job) || file === undefined) {
    setReportOpen(true);
    return;
  }
  const [only] = job.runIds;
  if (job.runIds.length === 1 && only !== undefined) navigate(runLocation(only));
  else navigate(homeLocation);
  const unchanged = file.unchanged > 0 ? `, ${formatQuantity(file.unchanged, 'span')} already there` : '';
  showToast({
    title: `Imported ${job.label}`,
    text: `${file.format}: ${formatQuantity(job.runIds.length, 'run')}, ${formatQuantity(file.spans, 'span')}, ${formatQuantity(file.logs, 'log')}${unchanged}`,
    action: { label: 'Report', run: () => setReportOpen(true) },
  });
}
