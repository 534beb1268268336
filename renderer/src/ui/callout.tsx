import type { HTMLAttributes } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './callout.module.css';

type Tone = 'accent' | 'warn' | 'error';

export interface CalloutProps extends HTMLAttributes<HTMLElement> {
  readonly tone: Tone;
  /** The element it is: a sentence is a `p`. */
  readonly as?: 'p' | 'div' | 'section';
  /** With an edge: what must be dealt with before going on, or what went wrong. */
  readonly isFramed?: boolean;
  /** small: in a panel beside other notes. */
  readonly size?: 'small' | 'medium';
}

/** A note on a tinted ground within a screen. Give it `role="alert"` or `role="status"` when it comes later. */
export function Callout({ tone, as: As = 'p', isFramed = false, size = 'small', className, ...rest }: CalloutProps) {
  return (
    <As
      {...rest}
      className={classNames(styles.callout, styles[tone], styles[size], isFramed && styles.framed, className)}
    />
  );
}

export interface StripProps extends HTMLAttributes<HTMLElement> {
  readonly tone: Tone;
  readonly as?: 'p' | 'div' | 'aside';
  readonly size?: 'small' | 'medium';
}

/** A note as wide as its pane, between a header and what it is about. */
export function Strip({ tone, as: As = 'p', size = 'medium', className, ...rest }: StripProps) {
  return <As {...rest} className={classNames(styles.strip, styles[tone], styles[size], className)} />;
}
