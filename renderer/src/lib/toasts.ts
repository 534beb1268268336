import { Toast } from '@base-ui/react/toast';

/** What ui/toast.tsx shows. */
export const toastManager = Toast.createToastManager();

interface ToastOptions {
  readonly title: string;
  readonly text?: string;
  readonly tone?: 'neutral' | 'error';
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** A short message at the bottom right. For what happened; what stays wrong belongs in a banner. */
export function showToast({ title, text, tone = 'neutral', action }: ToastOptions): void {
  toastManager.add({
    title,
    description: text,
    type: tone,
    priority: tone === 'error' ? 'high' : 'low',
    timeout: tone === 'error' ? 10_000 : 5_000,
    ...(action === undefined ? {} : { actionProps: { children: action.label, onClick: action.run } }),
  });
}
