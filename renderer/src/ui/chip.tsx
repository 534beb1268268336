import { X } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './chip.module.css';

export interface ChipProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon?: ReactNode;
  /** Adds a cross that takes the chip away; `removeLabel` is its accessible name. */
  readonly onRemove?: () => void;
  readonly removeLabel?: string;
  readonly dashed?: boolean;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A filter in words; pressing it edits it. */
export function Chip({
  icon,
  onRemove,
  removeLabel = 'Remove',
  dashed = false,
  className,
  children,
  ...rest
}: ChipProps) {
  return (
    <span className={classNames(styles.chip, dashed && styles.dashed, className)}>
      <button type="button" {...rest} className={classNames(styles.body, onRemove !== undefined && styles.withRemove)}>
        {icon !== undefined && (
          <span className={styles.icon} aria-hidden>
            {icon}
          </span>
        )}
        <span className={styles.text}>{children}</span>
      </button>
      {onRemove !== undefined && (
        <button type="button" className={styles.remove} aria-label={removeLabel} onClick={onRemove}>
          <X aria-hidden />
        </button>
      )}
    </span>
  );
}
