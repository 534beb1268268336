import { useSyncExternalStore } from 'react';
import { z } from 'zod';
import { themeChoices } from '../../../shared/window-bridge.ts';
import type { ThemeChoice } from '../../../shared/window-bridge.ts';
import { storedValue } from '../lib/stored-value.ts';
import { windowBridge } from './globals.ts';

const stored = storedValue<ThemeChoice>('retake.theme', z.enum(themeChoices), 'system');
const listeners = new Set<() => void>();

/** Sets the attribute tokens.css looks at, and tells the desktop window. */
export function applyTheme(): void {
  const choice = stored.read();
  if (choice === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', choice);
  windowBridge()?.setTheme(choice);
}

export function setTheme(choice: ThemeChoice): void {
  stored.write(choice);
  applyTheme();
  for (const listener of listeners) listener();
}

export function useTheme(): ThemeChoice {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => stored.read(),
  );
}
