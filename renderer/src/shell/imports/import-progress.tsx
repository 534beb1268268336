import { formatQuantity } from '../../lib/format.ts';
import { cancelImport, useImports } from '../../session/imports/import-store.ts';
import { Button } from '../../ui/button.tsx';
import { Delayed } from '../../ui/delayed.tsx';
import { ProgressBar } from '../../ui/progress-bar.tsx';
import styles from './import-progress.module.css';

/** What is being imported and how far it is, above the status bar. */
export function ImportProgress() {
  const job = useImports((state) => state.job);
  const waiting = useImports((state) => state.waiting);
  if (job?.state !== 'running') return null;
  const { progress } = job;
  return (
    <Delayed>
      <section className={styles.card} aria-label="Import">
        <div className={styles.line}>
          <span className={styles.name} title={progress?.path}>
            Importing {job.label}
          </span>
          <Button size="small" look="ghost" onClick={cancelImport}>
            Cancel
          </Button>
        </div>
        <ProgressBar label={`Importing ${job.label}`} share={progress?.share} />
        <p className={styles.detail}>
          {progress === undefined ? 'Reading…' : formatQuantity(progress.spans, 'span')}
          {progress !== undefined &&
            progress.fileCount > 1 &&
            ` · file ${progress.fileIndex + 1} of ${progress.fileCount}`}
          {waiting > 0 && ` · ${formatQuantity(waiting, 'import')} waiting`}
        </p>
      </section>
    </Delayed>
  );
}
