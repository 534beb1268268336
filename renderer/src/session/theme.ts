import { z } from 'zod';
import { themeChoices } from '../../../shared/window-bridge.ts';
import type { ThemeChoice } from '../../../shared/window-bridge.ts';
import { storedValue, useStored } from '../lib/stored-value.ts';
import { windowBridge } from './globals.ts';

const stored = storedValue<ThemeChoice>('retake.theme', z.enum(themeChoices), 'system');

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
}

export function useTheme(): ThemeChoice {
  return useStored(stored);
}
