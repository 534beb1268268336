import { classNames } from '../lib/class-names.ts';
import styles from './meter.module.css';

export interface MeterProps {
  /** The accessible name. */
  readonly label: string;
  /** What the bar says, in words. */
  readonly text: string;
  /** Of 1: what is used, and what is set aside besides. More than all of it is drawn as all of it. */
  readonly used: number;
  readonly aside?: number;
  readonly isFull?: boolean;
}

/** How much of something is used up. Never the only place where it is said. */
export function Meter({ label, text, used, aside = 0, isFull = false }: MeterProps) {
  const share = (part: number): number => Math.min(100, Math.max(0, part * 100));
  const first = share(used);
  return (
    <div
      className={classNames(styles.track, isFull && styles.full)}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(first)}
      aria-valuetext={text}
    >
      <div className={styles.used} style={{ width: `${first}%` }} />
      <div className={styles.aside} style={{ width: `${Math.min(100 - first, share(aside))}%` }} />
    </div>
  );
}
