import { Popover as Primitive } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './popup.module.css';

export interface PopoverProps {
  readonly trigger: ReactElement<Record<string, unknown>>;
  /** The accessible name. */
  readonly label: string;
  readonly open?: boolean;
  readonly onOpenChange?: (open: boolean) => void;
  readonly align?: 'start' | 'center' | 'end';
  readonly className?: string | undefined;
  /** What has the focus when it opens; absent, the first that can have it. */
  readonly initialFocus?: () => HTMLElement | null;
  readonly children: ReactNode;
}

/** A small panel at a button, for what a menu cannot hold. */
export function Popover({
  trigger,
  label,
  open,
  onOpenChange,
  align = 'start',
  className,
  initialFocus,
  children,
}: PopoverProps) {
  return (
    <Primitive.Root
      {...(open === undefined ? {} : { open })}
      {...(onOpenChange === undefined ? {} : { onOpenChange: (next: boolean) => onOpenChange(next) })}
    >
      <Primitive.Trigger render={trigger} />
      <Primitive.Portal>
        <Primitive.Positioner side="bottom" align={align} sideOffset={5} className={styles.positioner}>
          <Primitive.Popup
            className={classNames(styles.popup, className)}
            aria-label={label}
            {...(initialFocus === undefined ? {} : { initialFocus })}
          >
            {children}
          </Primitive.Popup>
        </Primitive.Positioner>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
