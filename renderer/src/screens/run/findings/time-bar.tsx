import type { TimeSpent } from '../../../../../shared/model/finding.ts';
import { formatDuration, formatShare } from '../../../lib/format.ts';
import styles from './findings.module.css';

/** Where the time went: on models, tools, people, or the program between them. */
export function TimeBar({ time }: { readonly time: TimeSpent }) {
  const parts = [
    { id: 'model', words: 'model', ms: time.modelMs },
    { id: 'tool', words: 'tools', ms: time.toolMs },
    { id: 'person', words: 'waiting for a person', ms: time.personMs },
    { id: 'untimed', words: 'tools or the program (the tools have no times)', ms: time.untimedMs },
    { id: 'framework', words: 'the program between them', ms: time.frameworkMs },
    { id: 'idle', words: 'nothing ran for a minute or more', ms: time.idleMs },
  ].filter(({ ms }) => ms > 0);
  return (
    <section className={styles.time} aria-label="Where the time went">
      <p>
        <b>{formatDuration(time.totalMs)}</b>
        {parts.map(({ id, words, ms }) => (
          <span key={id}>
            {' · '}
            <span className={styles.timeDot} data-side={id} aria-hidden />
            {words} {formatDuration(ms)} ({formatShare(ms, time.totalMs)})
          </span>
        ))}
      </p>
      <div className={styles.timeBar} aria-hidden>
        {parts.map(({ id, ms }) => (
          <span key={id} data-side={id} style={{ flexGrow: ms }} />
        ))}
      </div>
    </section>
  );
}
