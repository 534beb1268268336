import { Toast as Primitive } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import { toastManager } from '../lib/toasts.ts';
import styles from './toast.module.css';

/** Shows what lib/toasts.ts is told, at the bottom right of its children. */
export function ToastArea({ children }: { readonly children: ReactNode }) {
  return (
    <Primitive.Provider toastManager={toastManager} limit={3}>
      {children}
      <Primitive.Portal>
        <Primitive.Viewport className={styles.viewport}>
          <ToastList />
        </Primitive.Viewport>
      </Primitive.Portal>
    </Primitive.Provider>
  );
}

function ToastList() {
  const { toasts } = Primitive.useToastManager();
  return toasts.map((toast) => (
    <Primitive.Root
      key={toast.id}
      toast={toast}
      className={classNames(styles.toast, toast.type === 'error' && styles.error)}
    >
      <Primitive.Content className={styles.content}>
        <div className={styles.words}>
          <Primitive.Title className={styles.title} />
          <Primitive.Description className={styles.text} />
        </div>
        {toast.actionProps !== undefined && <Primitive.Action className={styles.action} />}
        <Primitive.Close className={styles.close} aria-label="Dismiss">
          <X aria-hidden />
        </Primitive.Close>
      </Primitive.Content>
    </Primitive.Root>
  ));
}
