import { EventEmitter } from 'node:events';
import { strict } from './strict.ts';
import { isDictionaryFetched } from './surfaces.ts';
import { StandinWebContents } from './web-contents.ts';
import type { Windows } from './web-contents.ts';

/** Options that make no difference here; those that matter for safety are checked, and others refused. */
const surfaceOptions = new Set([
  'name',
  'windowStatePersistence',
  'title',
  'icon',
  'width',
  'height',
  'minWidth',
  'minHeight',
  'show',
  'backgroundColor',
  'titleBarStyle',
  'autoHideMenuBar',
  'webPreferences',
]);
const required: Readonly<Record<string, boolean>> = {
  sandbox: true,
  contextIsolation: true,
  webSecurity: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
};

function assertSafe(options: Electron.BrowserWindowConstructorOptions): string {
  for (const name of Object.keys(options))
    if (!surfaceOptions.has(name)) throw new Error(`stand-in: BrowserWindow option ${name} is not implemented`);
  const preferences = options.webPreferences ?? {};
  for (const [name, value] of Object.entries(preferences)) {
    if (name in required && value !== required[name])
      throw new Error(`stand-in: webPreferences.${name} must be ${required[name]}`);
    if (!(name in required) && !['preload', 'safeDialogs', 'spellcheck'].includes(name))
      throw new Error(`stand-in: webPreferences.${name} is not implemented`);
  }
  if (preferences.preload === undefined) throw new Error('stand-in: a window without a preload is not implemented');
  return preferences.preload;
}

export class StandinBrowserWindow extends EventEmitter {
  readonly webContents: StandinWebContents;
  private isShown: boolean;
  private isGone = false;
  private isSmall = false;
  private static readonly all = new Set<StandinBrowserWindow>();
  private static focused: StandinBrowserWindow | null = null;
  static _windows: Windows;

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    const windows = StandinBrowserWindow._windows;
    if (!windows.app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    const isRoot = process.getuid?.() === 0;
    if (isRoot && !windows.app.commandLine.hasSwitch('no-sandbox'))
      throw new Error('Running as root without --no-sandbox is not supported. See https://crbug.com/638180.');
    if (!isRoot && !windows.app._isSandboxed) throw new Error('stand-in: app.enableSandbox() was not called');
    if (isDictionaryFetched()) throw new Error('stand-in: a dictionary would be fetched: setSpellCheckerLanguages([])');
    const preload = assertSafe(options);
    this.isShown = options.show !== false;
    const self = strict('BrowserWindow', this);
    this.webContents = new StandinWebContents(windows, {
      preload,
      width: options.width ?? 800,
      height: options.height ?? 600,
      onPainted: () => this.emit('ready-to-show'),
      onClose: () => self.close(),
      onGone: () => self._gone(),
    });
    StandinBrowserWindow.all.add(self);
    StandinBrowserWindow.focused = self;
    windows.app.emit('web-contents-created', {}, this.webContents);
    return self;
  }

  static getAllWindows(): StandinBrowserWindow[] {
    return [...StandinBrowserWindow.all];
  }

  static getFocusedWindow(): StandinBrowserWindow | null {
    return StandinBrowserWindow.focused;
  }

  static fromWebContents(contents: StandinWebContents): StandinBrowserWindow | null {
    return StandinBrowserWindow.getAllWindows().find((window) => window.webContents === contents) ?? null;
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.isShown = true;
    this.emit('show');
  }

  hide(): void {
    this.isShown = false;
    this.emit('hide');
  }

  isVisible(): boolean {
    return this.isShown && !this.isSmall;
  }

  minimize(): void {
    this.isSmall = true;
  }

  isMinimized(): boolean {
    return this.isSmall;
  }

  restore(): void {
    this.isSmall = false;
  }

  focus(): void {
    StandinBrowserWindow.focused = StandinBrowserWindow.fromWebContents(this.webContents);
  }

  isFocused(): boolean {
    return StandinBrowserWindow.focused?.webContents === this.webContents;
  }

  setBackgroundColor(_color: string): void {
    // Nothing shows behind a page here.
  }

  close(): void {
    let prevented = false;
    this.emit('close', {
      preventDefault() {
        prevented = true;
      },
    });
    if (!prevented) this.webContents._closeTarget();
  }

  _gone(): void {
    if (this.isGone) return;
    this.isGone = true;
    const self = StandinBrowserWindow.fromWebContents(this.webContents);
    if (self !== null) StandinBrowserWindow.all.delete(self);
    if (StandinBrowserWindow.focused === self)
      StandinBrowserWindow.focused = StandinBrowserWindow.getAllWindows().at(-1) ?? null;
    this.emit('closed');
    const { app } = StandinBrowserWindow._windows;
    if (StandinBrowserWindow.all.size > 0 || app._quitting) return;
    if (app.listenerCount('window-all-closed') > 0) app.emit('window-all-closed');
    else app.quit();
  }
}
