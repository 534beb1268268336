import { Tabs as Primitive } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './tabs.module.css';

export interface TabItem<Value extends string> {
  readonly value: Value;
  readonly label: ReactNode;
  readonly icon?: ReactNode;
  /** Shown in a small box after the label. */
  readonly count?: ReactNode;
  readonly disabled?: boolean;
}

export interface TabsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly items: readonly TabItem<Value>[];
  /** underline: a row of tabs over a panel. segments: a switch between ways to see the same thing. */
  readonly look?: 'underline' | 'segments';
  /** The panel of the chosen tab. Without it only the row of tabs is drawn (the panel must then be labelled by the caller). */
  readonly children?: ReactNode;
  readonly panelClassName?: string | undefined;
  /** At the end of the row of tabs. */
  readonly trailing?: ReactNode;
}

export function Tabs<Value extends string>(props: TabsProps<Value>) {
  const { label, value, onChange, items, look = 'underline', children, panelClassName, trailing } = props;
  return (
    <Primitive.Root
      value={value}
      onValueChange={(next: unknown) => {
        const item = items.find((one) => one.value === next);
        if (item !== undefined) onChange(item.value);
      }}
      className={classNames(styles.root, styles[look])}
    >
      <div className={styles.row}>
        <Primitive.List className={styles.list} aria-label={label} activateOnFocus>
          {items.map((item) => (
            <Primitive.Tab key={item.value} value={item.value} disabled={item.disabled ?? false} className={styles.tab}>
              {item.icon !== undefined && (
                <span className={styles.icon} aria-hidden>
                  {item.icon}
                </span>
              )}
              {item.label}
              {item.count !== undefined && <span className={styles.count}>{item.count}</span>}
            </Primitive.Tab>
          ))}
        </Primitive.List>
        {trailing}
      </div>
      {children !== undefined && (
        <Primitive.Panel value={value} className={classNames(styles.panel, panelClassName)}>
          {children}
        </Primitive.Panel>
      )}
    </Primitive.Root>
  );
}
