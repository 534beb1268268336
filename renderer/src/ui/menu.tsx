import { Menu as Primitive } from '@base-ui/react/menu';
import { Check, ChevronRight } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Kbd } from './kbd.tsx';
import styles from './popup.module.css';

/** What a menu holds, as data: actions, switches, groups under a heading, and menus within. */
export type MenuEntry =
  | {
      readonly type: 'action';
      readonly id: string;
      readonly label: string;
      readonly icon?: ReactNode;
      readonly keys?: string | undefined;
      readonly hint?: string;
      readonly disabled?: boolean;
      readonly run: () => void;
    }
  | {
      readonly type: 'switch';
      readonly id: string;
      readonly label: string;
      readonly on: boolean;
      readonly disabled?: boolean;
      readonly set: (on: boolean) => void;
    }
  | {
      readonly type: 'submenu';
      readonly id: string;
      readonly label: string;
      readonly icon?: ReactNode;
      readonly entries: readonly MenuEntry[];
    }
  | { readonly type: 'heading'; readonly id: string; readonly label: string }
  | { readonly type: 'separator'; readonly id: string };

export interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly entries: readonly MenuEntry[];
  readonly open?: boolean;
  readonly onOpenChange?: (open: boolean) => void;
  readonly align?: 'start' | 'center' | 'end';
}

export function Menu({ trigger, entries, open, onOpenChange, align = 'start' }: MenuProps) {
  return (
    <Primitive.Root
      {...(open === undefined ? {} : { open })}
      {...(onOpenChange === undefined ? {} : { onOpenChange: (next: boolean) => onOpenChange(next) })}
    >
      <Primitive.Trigger render={trigger} />
      <Primitive.Portal>
        <Primitive.Positioner side="bottom" align={align} sideOffset={5} className={styles.positioner}>
          <Primitive.Popup className={styles.popup}>
            <MenuEntries entries={entries} />
          </Primitive.Popup>
        </Primitive.Positioner>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

/** The same at the pointer (context-menu.tsx). */
export function MenuEntries({ entries }: { readonly entries: readonly MenuEntry[] }) {
  return entries.map((entry) => <Entry key={entry.id} entry={entry} />);
}

function Entry({ entry }: { readonly entry: MenuEntry }) {
  switch (entry.type) {
    case 'action':
      return (
        <Primitive.Item className={styles.item} disabled={entry.disabled ?? false} onClick={entry.run}>
          {entry.icon !== undefined && <span className={styles.icon}>{entry.icon}</span>}
          <span className={styles.label}>{entry.label}</span>
          {entry.hint !== undefined && <span className={styles.hint}>{entry.hint}</span>}
          {entry.keys !== undefined && <Kbd keys={entry.keys} />}
        </Primitive.Item>
      );
    case 'switch':
      return (
        <Primitive.CheckboxItem
          className={styles.item}
          checked={entry.on}
          disabled={entry.disabled ?? false}
          onCheckedChange={(on) => entry.set(on)}
          closeOnClick={false}
        >
          <span className={styles.check}>
            <Primitive.CheckboxItemIndicator>
              <Check aria-hidden />
            </Primitive.CheckboxItemIndicator>
          </span>
          <span className={styles.label}>{entry.label}</span>
        </Primitive.CheckboxItem>
      );
    case 'submenu':
      return (
        <Primitive.SubmenuRoot>
          <Primitive.SubmenuTrigger className={styles.item}>
            {entry.icon !== undefined && <span className={styles.icon}>{entry.icon}</span>}
            <span className={styles.label}>{entry.label}</span>
            <ChevronRight aria-hidden />
          </Primitive.SubmenuTrigger>
          <Primitive.Portal>
            <Primitive.Positioner sideOffset={4} alignOffset={-5} className={styles.positioner}>
              <Primitive.Popup className={styles.popup}>
                <MenuEntries entries={entry.entries} />
              </Primitive.Popup>
            </Primitive.Positioner>
          </Primitive.Portal>
        </Primitive.SubmenuRoot>
      );
    case 'heading':
      return (
        <div className={styles.groupLabel} role="presentation">
          {entry.label}
        </div>
      );
    case 'separator':
      return <Primitive.Separator className={styles.separator} />;
    default:
      return entry satisfies never;
  }
}
