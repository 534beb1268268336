import { BrowserWindow, nativeTheme } from 'electron';
import { appPage } from './app-protocol.ts';
import { windowOptions } from './window-options.ts';

/** Opens the window; it shows itself once it has painted. */
export function openWindow(
  preload: string,
  icon: string,
): { readonly opened: BrowserWindow; readonly loaded: Promise<void> } {
  const opened = new BrowserWindow(windowOptions({ preload, icon, isDark: nativeTheme.shouldUseDarkColors }));
  opened.once('ready-to-show', () => opened.show());
  return { opened, loaded: opened.loadURL(appPage) };
}
