import type { StandinApp } from './app.ts';
import { StandinBrowserWindow } from './browser-window.ts';
import { StandinMessageChannel } from './ports.ts';
import { strict } from './strict.ts';
import { dialog, nativeTheme, protocol, safeStorage, session, shell, StandinMenu } from './surfaces.ts';
import { StandinUtilityProcess } from './utility-process.ts';
import { StandinIpcMain, StandinWebContents } from './web-contents.ts';

export const ipcMain = new StandinIpcMain();
export const utilityProcess = strict('utilityProcess', {
  fork: (modulePath: string, args: string[] = [], options: Electron.ForkOptions = {}): StandinUtilityProcess =>
    new StandinUtilityProcess(modulePath, args, options, (details) => standinApp?._childGone(details)),
});

let standinApp: StandinApp | undefined;

/** The module `electron` as main sees it. */
export function electronModule(app: StandinApp): Record<string, unknown> {
  standinApp = app;
  return {
    app,
    BrowserWindow: StandinBrowserWindow,
    dialog,
    ipcMain,
    Menu: StandinMenu,
    MessageChannelMain: StandinMessageChannel,
    nativeTheme,
    protocol,
    safeStorage,
    session,
    shell,
    utilityProcess,
    webContents: StandinWebContents,
  };
}

/**
 * Ours can be called as Electron's is: the same names with the same parameters. What is returned is another object,
 * whose members are checked in their turn. A release of Electron that changes one of these fails the type-check.
 */
type CallableAs<Theirs> = {
  readonly [Name in keyof Theirs]: Theirs[Name] extends (...values: infer Values) => infer Result
    ? (...values: Loose<Values>) => Result extends void | boolean | string | number | Promise<void> ? Result : unknown
    : Theirs[Name];
};
/** Objects of Electron that are handed back to us are ours. */
type Loose<Values> = { [At in keyof Values]: Values[At] extends Ours ? never : Values[At] };
type Ours =
  | Electron.WebContents
  | Electron.Menu
  | Electron.MenuItem
  | Electron.MessagePortMain[]
  | undefined
  | Electron.Session
  | null;

type Conforms<Mine extends CallableAs<Theirs>, Theirs> = [Mine, Theirs];

export type Conformance = [
  Conforms<
    StandinApp,
    Pick<
      Electron.App,
      | 'isPackaged'
      | 'name'
      | 'isReady'
      | 'whenReady'
      | 'getVersion'
      | 'getAppPath'
      | 'setAppUserModelId'
      | 'enableSandbox'
      | 'quit'
    >
  >,
  Conforms<
    StandinBrowserWindow,
    Pick<
      Electron.BrowserWindow,
      | 'loadURL'
      | 'show'
      | 'hide'
      | 'isVisible'
      | 'minimize'
      | 'isMinimized'
      | 'restore'
      | 'focus'
      | 'isFocused'
      | 'setBackgroundColor'
      | 'close'
    >
  >,
  Conforms<
    typeof StandinBrowserWindow,
    Pick<typeof Electron.BrowserWindow, 'getAllWindows' | 'getFocusedWindow' | 'fromWebContents'>
  >,
  Conforms<
    StandinWebContents,
    Pick<
      Electron.WebContents,
      | 'getURL'
      | 'isDestroyed'
      | 'setWindowOpenHandler'
      | 'loadURL'
      | 'reload'
      | 'forcefullyCrashRenderer'
      | 'send'
      | 'close'
    >
  >,
  Conforms<StandinIpcMain, Pick<Electron.IpcMain, 'handle'>>,
  Conforms<typeof StandinMenu, Pick<typeof Electron.Menu, 'setApplicationMenu' | 'getApplicationMenu'>>,
  Conforms<StandinMenu, Pick<Electron.Menu, 'getMenuItemById'>>,
  Conforms<typeof dialog, Pick<Electron.Dialog, 'showOpenDialog' | 'showMessageBox' | 'showErrorBox'>>,
  Conforms<typeof shell, Pick<Electron.Shell, 'showItemInFolder'>>,
  Conforms<typeof nativeTheme, Pick<Electron.NativeTheme, 'themeSource' | 'shouldUseDarkColors'>>,
  Conforms<typeof protocol, Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle'>>,
  Conforms<
    typeof safeStorage,
    Pick<
      Electron.SafeStorage,
      'isAsyncEncryptionAvailable' | 'getSelectedStorageBackend' | 'encryptStringAsync' | 'decryptStringAsync'
    >
  >,
  Conforms<
    typeof session.defaultSession,
    Pick<Electron.Session, 'setPermissionCheckHandler' | 'setPermissionRequestHandler'>
  >,
  Conforms<typeof utilityProcess, Pick<typeof Electron.utilityProcess, 'fork'>>,
  Conforms<StandinUtilityProcess, Pick<Electron.UtilityProcess, 'kill' | 'pid'>>,
  Conforms<StandinMessageChannel['port1'], Pick<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'>>,
];
