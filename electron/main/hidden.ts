import type { BrowserWindow } from 'electron';

/** As far as it is needed of Electron's BrowserWindow. */
export interface Hideable {
  on(event: 'hide' | 'minimize' | 'show' | 'restore' | 'closed', listener: () => void): unknown;
}

/** Long enough that a window which is put away for a moment comes back to threads that still run. */
export const hiddenPatienceMs = 30_000;

/** Calls `rest` once each time that the window has not been seen for a while: what that saves is in FACTS.md, The desktop app. */
export function restWhenHidden(window: Hideable, rest: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  const seen = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };
  const unseen = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      rest();
    }, hiddenPatienceMs);
  };
  window.on('hide', unseen);
  window.on('minimize', unseen);
  window.on('closed', unseen);
  window.on('show', seen);
  window.on('restore', seen);
}

/** For `--measure`: a minimised window is shown to Electron. */
export function isSeen(window: Pick<BrowserWindow, 'isVisible' | 'isMinimized'>): boolean {
  return window.isVisible() && !window.isMinimized();
}
