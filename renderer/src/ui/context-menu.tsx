import { ContextMenu as Primitive } from '@base-ui/react/context-menu';
import type { MouseEvent, ReactNode } from 'react';
import { MenuEntries } from './menu.tsx';
import type { MenuEntry } from './menu.tsx';
import styles from './popup.module.css';

export interface ContextMenuProps {
  /** As of the last press of the right button, or of the menu key. */
  readonly entries: readonly MenuEntry[];
  /** Before it opens: what is under the pointer. Preventing the event keeps it closed. */
  readonly onOpen: (event: MouseEvent) => void;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A menu at the pointer for all that is inside. */
export function ContextMenu({ entries, onOpen, className, children }: ContextMenuProps) {
  return (
    <Primitive.Root>
      <Primitive.Trigger className={className} onContextMenuCapture={onOpen}>
        {children}
      </Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Positioner className={styles.positioner}>
          <Primitive.Popup className={styles.popup}>
            <MenuEntries entries={entries} />
          </Primitive.Popup>
        </Primitive.Positioner>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
