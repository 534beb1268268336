/** Names of the messages between the preload and main. The contract with the backend never goes this way. */
export const windowChannels = {
  /** To main: the page wants a port to the backend (see WindowBridge.ready). */
  ready: 'window:ready',
  /** To main, answered with absolute paths: the dialog for files and folders. */
  openFiles: 'window:open-files',
  /** To main: show where the log file is. */
  showLog: 'window:show-log',
  /** To main: look for a newer Retake now; the user has asked. */
  lookForUpdates: 'window:look-for-updates',
  /** To main: whether to look once in each session, a boolean. */
  setUpdatesAtStart: 'window:set-updates-at-start',
  /** To main: the appearance that the user chose, a ThemeChoice. */
  setTheme: 'window:set-theme',
  /** To main: the ids of the commands that something in the page handles now. */
  setHandledCommands: 'window:set-handled-commands',
  /** To the window: a port to the backend. */
  port: 'window:port',
  /** To the window: the backend has ended, and its ports with it. */
  lost: 'window:lost',
  /** To the window: the id of the menu item that was picked. */
  menuCommand: 'window:menu-command',
} as const;
