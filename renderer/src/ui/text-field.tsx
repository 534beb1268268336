import { useId } from 'react';
import type { InputHTMLAttributes, ReactNode, Ref } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './text-field.module.css';

export interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'size'> {
  /** The accessible name; drawn above the field when `showLabel`. */
  readonly label: string;
  readonly showLabel?: boolean;
  readonly icon?: ReactNode;
  /** At the end of the field: key caps, a unit, a button. */
  readonly trailing?: ReactNode;
  /** What is wrong with the value. */
  readonly error?: string | undefined;
  readonly onChange: (value: string) => void;
  readonly ref?: Ref<HTMLInputElement>;
}

export function TextField({
  label,
  showLabel = false,
  icon,
  trailing,
  error,
  onChange,
  className,
  ...rest
}: TextFieldProps) {
  const id = useId();
  return (
    <div className={classNames(styles.field, className)}>
      {showLabel && (
        <label className={styles.label} htmlFor={id}>
          {label}
        </label>
      )}
      <div className={classNames(styles.box, error !== undefined && styles.invalid)}>
        {icon !== undefined && (
          <span className={styles.icon} aria-hidden>
            {icon}
          </span>
        )}
        <input
          autoComplete="off"
          autoCorrect="off"
          spellCheck={false}
          {...rest}
          id={id}
          className={styles.input}
          aria-label={showLabel ? undefined : label}
          aria-invalid={error !== undefined}
          aria-describedby={error === undefined ? undefined : `${id}-error`}
          onChange={(event) => onChange(event.target.value)}
        />
        {trailing}
      </div>
      {error !== undefined && (
        <p className={styles.error} id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
