import { Autocomplete as Primitive } from '@base-ui/react/autocomplete';
import { useMemo, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './combo-field.module.css';
import popup from './popup.module.css';

export interface ComboFieldProps {
  /** The accessible name. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What is offered; anything else can be typed. */
  readonly options: readonly string[];
  readonly placeholder?: string | undefined;
  readonly mono?: boolean;
  readonly className?: string | undefined;
  readonly invalid?: boolean;
  /** Enter, while no offered value is chosen with it. */
  readonly onEnter?: () => void;
}

/** A text with suggestions. */
export function ComboField({
  label,
  value,
  onChange,
  options,
  placeholder,
  mono = false,
  className,
  invalid = false,
  onEnter,
}: ComboFieldProps) {
  const [wanted, setWanted] = useState(false);
  const typed = value.trim().toLowerCase();
  const matches = useMemo(() => options.filter((option) => option.toLowerCase().includes(typed)), [options, typed]);
  // An open list takes everything around it from screen readers: one without anything to choose must not be.
  const open = wanted && matches.some((option) => option !== value);
  return (
    <Primitive.Root
      items={options}
      filteredItems={matches}
      open={open}
      onOpenChange={(next) => setWanted(next)}
      value={value}
      onValueChange={(next) => onChange(next)}
      openOnInputClick
      modal={false}
    >
      <Primitive.Input
        className={classNames(styles.input, mono && styles.mono, className)}
        aria-label={label}
        aria-invalid={invalid}
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        maxLength={100_000}
        {...(onEnter === undefined
          ? {}
          : {
              onKeyDown: (event: KeyboardEvent) => {
                if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && !event.defaultPrevented) onEnter();
              },
            })}
      />
      <Primitive.Portal>
        <Primitive.Positioner sideOffset={5} align="start" className={popup.positioner}>
          <Primitive.Popup className={popup.popup}>
            <Primitive.List>
              {(option: string) => (
                <Primitive.Item key={option} value={option} className={popup.item}>
                  <span className={popup.label}>{option}</span>
                </Primitive.Item>
              )}
            </Primitive.List>
          </Primitive.Popup>
        </Primitive.Positioner>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
