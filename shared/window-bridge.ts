/**
 * What the preload gives the page as `window.retake`. It is there in the desktop window only; in a browser it is
 * `undefined` and the page talks to the headless host instead.
 */
export interface WindowBridge {
  /** Absolute path of a dropped or picked `File`; an empty string when it does not come from the disk. */
  pathForFile(file: unknown): string;
  /** Shows the system's dialog for files and folders; an empty list when the user cancels. */
  openFiles(): Promise<readonly string[]>;
  /** Node's name of the platform: `darwin`, `win32`, `linux`. */
  readonly platform: string;
  /** Calls back with the id (shared/commands.ts) of each menu item the user picks. Returns the way to stop listening. */
  onMenuCommand(listener: (commandId: string) => void): () => void;
  /** Tells which commands (ids of shared/commands.ts) something in the page handles now: the menu lists no others. */
  setHandledCommands(ids: readonly string[]): void;
  /** Shows the program's log file in the system's file manager. */
  showLog(): void;
  /** Looks for a newer Retake, and tells in a dialog what became of it. */
  lookForUpdates(): void;
  /** Whether to look once in each session; off until the user turns it on. */
  setUpdatesAtStart(on: boolean): void;
  /** Tells the system which appearance native parts (title bar, menus, scroll bars) should take. */
  setTheme(theme: ThemeChoice): void;
  /**
   * The page listens for `portMessage` now and wants a port to the backend. Called once at start and again whenever
   * the last port closed, so it may be called many times; each call is answered by at most one new port.
   */
  ready(): void;
}

export const themeChoices = ['system', 'dark', 'light'] as const;
export type ThemeChoice = (typeof themeChoices)[number];

/** `data` of the message that hands a port over: `window.postMessage(portMessage, location.origin, [port])`. */
export const portMessage = 'retake:port';

/** `data` of the message that tells the page that the backend has ended: a port to a process that never read it does not close by itself. */
export const lostMessage = 'retake:backend-lost';
