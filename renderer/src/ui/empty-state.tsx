import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './empty-state.module.css';

export interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: string;
  /** Why there is nothing, in one or two sentences. */
  readonly children?: ReactNode;
  /** The one thing to do. */
  readonly action?: ReactNode;
  readonly tone?: 'neutral' | 'error';
}

/** Empty, loading-failed and missing states: what is missing, why, and the one thing to do. */
export function EmptyState({ icon, title, children, action, tone = 'neutral' }: EmptyStateProps) {
  return (
    <div
      className={classNames(styles.state, tone === 'error' && styles.error)}
      role={tone === 'error' ? 'alert' : 'status'}
    >
      {icon !== undefined && (
        <span className={styles.icon} aria-hidden>
          {icon}
        </span>
      )}
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.text}>{children}</div>}
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}
