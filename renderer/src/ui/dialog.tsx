import { Dialog as Primitive } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './dialog.module.css';
import { IconButton } from './icon-button.tsx';

export interface DialogProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: string;
  readonly description?: ReactNode;
  readonly width?: 'small' | 'medium' | 'large';
  /** Buttons at the bottom right. */
  readonly actions?: ReactNode;
  readonly initialFocus?: RefObject<HTMLElement | null>;
  readonly children?: ReactNode;
}

/** A modal sheet: the focus stays in it, Escape closes it, the focus returns to where it was. */
export function Dialog({ open, onOpenChange, title, description, width = 'medium', actions, initialFocus, children }: DialogProps) {
  return (
    <Primitive.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Primitive.Portal>
        <Primitive.Backdrop className={styles.backdrop} />
        <Primitive.Popup className={classNames(styles.popup, styles[width])} {...(initialFocus === undefined ? {} : { initialFocus })}>
          <header className={styles.header}>
            <div className={styles.titles}>
              <Primitive.Title className={styles.title}>{title}</Primitive.Title>
              {description !== undefined && <Primitive.Description className={styles.description}>{description}</Primitive.Description>}
            </div>
            <IconButton label="Close" icon={<X />} size="small" onClick={() => onOpenChange(false)} />
          </header>
          <div className={styles.body}>{children}</div>
          {actions !== undefined && <footer className={styles.actions}>{actions}</footer>}
        </Primitive.Popup>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
