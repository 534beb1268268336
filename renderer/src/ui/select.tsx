import { Select as Primitive } from '@base-ui/react/select';
import { Check, ChevronDown } from 'lucide-react';
import { classNames } from '../lib/class-names.ts';
import popup from './popup.module.css';
import styles from './select.module.css';

export interface SelectOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

export interface SelectProps<Value extends string> {
  /** The accessible name. */
  readonly label: string;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly options: readonly SelectOption<Value>[];
  /** quiet: a word that can be changed, without a frame. */
  readonly look?: 'field' | 'quiet';
  readonly className?: string | undefined;
}

export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, value, onChange, options, look = 'field', className } = props;
  return (
    <Primitive.Root
      items={[...options]}
      value={value}
      onValueChange={(next) => {
        if (next !== null) onChange(next);
      }}
      modal={false}
    >
      <Primitive.Trigger className={classNames(styles.trigger, styles[look], className)} aria-label={label}>
        <Primitive.Value className={styles.value} />
        <Primitive.Icon className={styles.icon}>
          <ChevronDown aria-hidden />
        </Primitive.Icon>
      </Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Positioner sideOffset={5} alignItemWithTrigger={false} align="start" className={popup.positioner}>
          <Primitive.Popup className={popup.popup}>
            {options.map((option) => (
              <Primitive.Item key={option.value} value={option.value} className={popup.item}>
                <Primitive.ItemText className={popup.label}>{option.label}</Primitive.ItemText>
                <Primitive.ItemIndicator className={popup.check}>
                  <Check aria-hidden />
                </Primitive.ItemIndicator>
              </Primitive.Item>
            ))}
          </Primitive.Popup>
        </Primitive.Positioner>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
