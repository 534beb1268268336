import type { HTMLAttributes, ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './badge.module.css';

export type Tone = 'neutral' | 'accent' | 'ok' | 'warn' | 'error';

export interface BadgeProps extends HTMLAttributes<HTMLSpanElement> {
  readonly tone?: Tone;
  readonly children: ReactNode;
}

/** A short word beside something: `take 2`, `completed`, `exit 1`. */
export function Badge({ tone = 'neutral', className, children, ...rest }: BadgeProps) {
  return (
    <span {...rest} className={classNames(styles.badge, styles[tone], className)}>
      {children}
    </span>
  );
}
