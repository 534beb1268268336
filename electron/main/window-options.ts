import type { BrowserWindowConstructorOptions } from 'electron';

/** --bg-0 of renderer/src/ui/tokens.css: what shows before the page paints, and while the window grows. */
const backgrounds = { dark: '#0d0f12', light: '#f6f7f9' } as const;

export function backgroundColor(isDark: boolean): string {
  return isDark ? backgrounds.dark : backgrounds.light;
}

/**
 * Sandbox, context isolation and web security are Electron's defaults; they are written out so that nobody has to know.
 * The bounds are restored by Electron itself (`name` and `windowStatePersistence`).
 */
export function windowOptions({
  preload,
  icon,
  isDark,
}: {
  readonly preload: string;
  /** A Mac takes the app's own. */
  readonly icon: string;
  readonly isDark: boolean;
}): BrowserWindowConstructorOptions {
  return {
    name: 'main',
    windowStatePersistence: true,
    title: 'Retake',
    icon,
    width: 1440,
    height: 900,
    minWidth: 720,
    minHeight: 480,
    show: false,
    backgroundColor: backgroundColor(isDark),
    // On a Mac the page's own title bar makes room for the window's buttons.
    titleBarStyle: process.platform === 'darwin' ? 'hiddenInset' : 'default',
    autoHideMenuBar: true,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
    },
  };
}
