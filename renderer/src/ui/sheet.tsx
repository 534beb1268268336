import { Dialog as Primitive } from '@base-ui/react/dialog';
import { useRef } from 'react';
import type { ReactNode, RefObject } from 'react';
import { Kbd } from './kbd.tsx';
import styles from './sheet.module.css';

export interface SheetProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly icon?: ReactNode;
  /** Beside the title. */
  readonly detail?: ReactNode;
  /** What has the focus first; without it the sheet itself. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
  readonly children?: ReactNode;
}

/** A modal panel over the right of the screen; what it is about stays visible at the left. Escape closes it, the focus returns to where it was. */
export function Sheet({ open, onClose, title, icon, detail, initialFocus, children }: SheetProps) {
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Primitive.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
    >
      <Primitive.Portal>
        <Primitive.Backdrop className={styles.backdrop} />
        <Primitive.Popup ref={popup} className={styles.popup} initialFocus={initialFocus ?? popup}>
          <header className={styles.header}>
            {icon !== undefined && (
              <span className={styles.icon} aria-hidden>
                {icon}
              </span>
            )}
            <Primitive.Title className={styles.title}>{title}</Primitive.Title>
            {detail !== undefined && <Primitive.Description className={styles.detail}>{detail}</Primitive.Description>}
            <Primitive.Close className={styles.close}>
              <span className="visually-hidden">Close </span>
              <Kbd keys="Escape" />
            </Primitive.Close>
          </header>
          {children}
        </Primitive.Popup>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
