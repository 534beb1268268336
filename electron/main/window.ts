import { BrowserWindow, nativeTheme } from 'electron';
import { appPage } from './app-protocol.ts';
import { windowOptions } from './window-options.ts';

/** Opens the window; it shows itself once it has painted. */
export async function openWindow(preload: string): Promise<BrowserWindow> {
  const window = new BrowserWindow(windowOptions({ preload, isDark: nativeTheme.shouldUseDarkColors }));
  window.once('ready-to-show', () => window.show());
  await window.loadURL(appPage);
  return window;
}
