import { Toast } from '@base-ui/react/toast';

/** What ui/toast.tsx shows. */
export const toastManager = Toast.createToastManager();

interface ToastOptions {
  readonly title: string;
  readonly text?: string;
  readonly tone?: 'neutral' | 'error';
  /** It can be undone: there is time to read it and to press. */
  readonly isLong?: boolean;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** A short message at the bottom right. For what happened; what stays wrong belongs in a banner. */
export function showToast({ title, text, tone = 'neutral', isLong = false, action }: ToastOptions): void {
  const id: string = toastManager.add({
    title,
    description: text,
    type: tone,
    priority: tone === 'error' ? 'high' : 'low',
    timeout: tone === 'error' || isLong ? 10_000 : 5_000,
    ...(action === undefined
      ? {}
      : {
          actionProps: {
            children: action.label,
            onClick: () => {
              // It keeps the focus otherwise, and with it the keys of the screen.
              toastManager.close(id);
              action.run();
            },
          },
        }),
  });
}
