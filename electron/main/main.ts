import { hash } from 'node:crypto';
import { join, resolve } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  Menu,
  MessageChannelMain,
  nativeTheme,
  protocol,
  safeStorage,
  session,
  utilityProcess,
} from 'electron';
import type { WebContents } from 'electron';
import { windowChannels } from '../../shared/window-channels.ts';
import { wordsOf } from '../../shared/words-of.ts';
import { appScheme, serveWindow } from './app-protocol.ts';
import { backendEnvironment, startBackendProcess } from './backend-process.ts';
import type { BackendProcess } from './backend-process.ts';
import { listenToWindows } from './ipc.ts';
import { createKeyStore } from './key-store.ts';
import { keepMenu } from './menu.ts';
import { guardNavigation } from './navigation-policy.ts';
import { hashOfLink, readArguments } from './open-targets.ts';
import type { OpenTargets } from './open-targets.ts';
import { restrictPermissions } from './permissions.ts';
import { backgroundColor } from './window-options.ts';
import { openWindow } from './window.ts';

/** Wiring only: no trace is ever read here. */

const built = join(import.meta.dirname, '..');
const preload = join(built, 'preload/preload.cjs');

// A checkout runs as `electron FOLDER ARGUMENTS`, a packaged app as `Retake ARGUMENTS`.
const ownArguments = process.argv.slice(app.isPackaged ? 1 : 2);
const launch = readArguments(ownArguments, process.cwd());
const library = launch.library ?? process.env['RETAKE_LIBRARY'];

let backend: BackendProcess | undefined;
let early: OpenTargets[] = [launch];
/** Windows whose page listens for a port. */
const listening = new Set<WebContents>();
/** Told which commands the window handles, for the menu. */
let showHandled: (handled: readonly string[]) => void = () => undefined;

function open(targets: OpenTargets): void {
  if (backend === undefined) {
    early.push(targets);
    return;
  }
  if (targets.paths.length > 0) backend.open(targets.paths);
  if (targets.hash !== undefined) backend.navigate(targets.hash);
}

// All of this must be in place before the app is ready, and a Mac hands over files before that too.
protocol.registerSchemesAsPrivileged([
  { scheme: appScheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]);
app.enableSandbox();
Menu.setApplicationMenu(null);
app.on('open-file', (event, path) => {
  event.preventDefault();
  open({ paths: [path], hash: undefined });
  showWindow();
});
app.on('open-url', (event, url) => {
  event.preventDefault();
  open({ paths: [], hash: hashOfLink(url) });
  showWindow();
});
app.on('web-contents-created', (_event, contents) => guardNavigation(contents));

// Never inside of a library, which is copied and shared; and each library has its own, so that the settings of a foreign one get no key of another.
const keysPath = join(
  app.getPath('userData'),
  library === undefined ? 'keys.json' : `keys-${hash('sha256', resolve(library)).slice(0, 16)}.json`,
);

// One Retake per library: the lock belongs to this folder. The data of another library's window lies inside of it.
if (library !== undefined) app.setPath('userData', join(library, 'window'));
if (app.requestSingleInstanceLock({ arguments: ownArguments, directory: process.cwd() })) {
  void app.whenReady().then(start);
} else {
  app.quit();
}

function start(): void {
  restrictPermissions(session.defaultSession);
  protocol.handle(appScheme, serveWindow(join(built, 'renderer')));
  const keys = createKeyStore({ path: keysPath, safeStorage, platform: process.platform });
  const running = startBackendProcess({
    fork: forkBackend,
    askKeychain: (ask) => keys.answer(ask),
    onStart: offerPorts,
    onFailure: showFailure,
  });
  backend = running;
  for (const targets of early.splice(0)) open(targets);
  const isMac = process.platform === 'darwin';
  showHandled = keepMenu({
    isMac,
    onCommand: sendCommand,
    install: (template) => Menu.setApplicationMenu(Menu.buildFromTemplate(template)),
  });
  listenToWindows({
    ready(contents) {
      listening.add(contents);
      offerPort(contents);
    },
    openFiles: chooseFiles,
    setHandledCommands: showHandled,
    setTheme(theme) {
      nativeTheme.themeSource = theme;
    },
  });
  nativeTheme.on('updated', () => {
    for (const window of BrowserWindow.getAllWindows())
      window.setBackgroundColor(backgroundColor(nativeTheme.shouldUseDarkColors));
  });
  app.on('second-instance', (_event, _argv, _directory, data) => {
    open(readSecondInstance(data));
    showWindow();
  });
  app.on('activate', showWindow);
  app.on('window-all-closed', () => {
    if (!isMac) app.quit();
  });
  let closed = false;
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    void running.close().then(() => {
      closed = true;
      app.quit();
    });
  });
  showWindow();
}

function forkBackend(): Electron.UtilityProcess {
  const ports = [
    launch.otlpPort === undefined ? [] : ['--otlp-port', launch.otlpPort],
    launch.otlpGrpcPort === undefined ? [] : ['--otlp-grpc-port', launch.otlpGrpcPort],
  ].flat();
  return utilityProcess.fork(
    join(built, 'backend/utility.js'),
    [...(library === undefined ? [] : ['--library', library]), ...ports, '--version', app.getVersion()],
    {
      serviceName: 'retake-backend',
      env: backendEnvironment(process.env),
      stdio: 'inherit',
    },
  );
}

function offerPorts(): void {
  for (const contents of listening) offerPort(contents);
}

function offerPort(contents: WebContents): void {
  if (contents.isDestroyed() || backend === undefined) return;
  const { port1, port2 } = new MessageChannelMain();
  if (backend.connect(port1)) contents.postMessage(windowChannels.port, undefined, [port2]);
}

function showWindow(): void {
  if (backend === undefined) return;
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) {
    openWindow(preload).then(
      ({ webContents }) =>
        webContents.once('destroyed', () => {
          listening.delete(webContents);
          showHandled([]);
        }),
      (error: unknown) => dialog.showErrorBox('Retake cannot show its window', wordsOf(error)),
    );
    return;
  }
  if (window.isMinimized()) window.restore();
  window.focus();
}

function sendCommand(commandId: string): void {
  (BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0])?.webContents.send(
    windowChannels.menuCommand,
    commandId,
  );
}

async function chooseFiles(contents: WebContents): Promise<readonly string[]> {
  const window = BrowserWindow.fromWebContents(contents);
  if (window === null) return [];
  // Only a Mac's dialog can pick both files and folders.
  const properties: ('openFile' | 'openDirectory' | 'multiSelections')[] =
    process.platform === 'darwin' ? ['openFile', 'openDirectory', 'multiSelections'] : ['openFile', 'multiSelections'];
  const { canceled, filePaths } = await dialog.showOpenDialog(window, { title: 'Open traces', properties });
  return canceled ? [] : filePaths;
}

function showFailure(reason: string): void {
  void dialog
    .showMessageBox({
      type: 'error',
      message: 'Retake cannot read its library',
      detail: reason,
      buttons: ['Try again', 'Quit'],
      defaultId: 0,
      cancelId: 1,
    })
    .then(({ response }) => {
      if (response === 0) backend?.restart();
      else app.quit();
    });
}

function readSecondInstance(data: unknown): OpenTargets {
  const nothing: OpenTargets = { paths: [], hash: undefined };
  if (typeof data !== 'object' || data === null || !('arguments' in data) || !('directory' in data)) return nothing;
  if (
    !Array.isArray(data.arguments) ||
    !data.arguments.every((text) => typeof text === 'string') ||
    typeof data.directory !== 'string'
  )
    return nothing;
  return readArguments(data.arguments, data.directory);
}
