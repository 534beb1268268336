import type { ReactNode } from 'react';
import styles from './rerun-settings.module.css';

/** A field that names itself to screen readers, with the same words in sight above it and what is wrong below. */
export function Labelled({
  label,
  problem,
  children,
}: {
  readonly label: string;
  readonly problem?: string | undefined;
  readonly children: ReactNode;
}) {
  return (
    <div className={styles.field}>
      <span className={styles.label} aria-hidden>
        {label}
      </span>
      {children}
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
