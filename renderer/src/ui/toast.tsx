import { Toast as Primitive } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './toast.module.css';

const manager = Primitive.createToastManager();

export interface ToastOptions {
  readonly title: string;
  readonly text?: string;
  readonly tone?: 'neutral' | 'error';
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** A short message at the bottom right. For what happened; what stays wrong belongs in a banner. */
export function showToast({ title, text, tone = 'neutral', action }: ToastOptions): void {
  manager.add({
    title,
    description: text,
    type: tone,
    priority: tone === 'error' ? 'high' : 'low',
    timeout: tone === 'error' ? 10_000 : 5_000,
    ...(action === undefined ? {} : { actionProps: { children: action.label, onClick: action.run } }),
  });
}

export function ToastArea({ children }: { readonly children: ReactNode }) {
  return (
    <Primitive.Provider toastManager={manager} limit={3}>
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
