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
  shell,
  utilityProcess,
} from 'electron';
import type { WebContents } from 'electron';
import { deepLinkScheme, hashOfLink } from '../../shared/deep-link.ts';
import { windowChannels } from '../../shared/window-channels.ts';
import { wordsOf } from '../../shared/words-of.ts';
import { appScheme, serveWindow } from './app-protocol.ts';
import { backendEnvironment, startBackendProcess } from './backend-process.ts';
import type { BackendProcess } from './backend-process.ts';
import { backendQuestion, watchPage } from './failures.ts';
import type { Question } from './failures.ts';
import { isSeen, restWhenHidden } from './hidden.ts';
import { listenToWindows } from './ipc.ts';
import { createKeyStore } from './key-store.ts';
import { passwordStore } from './keyring.ts';
import { openLog } from './log.ts';
import { isFromShell, loginShellPath } from './login-path.ts';
import { measureLine, proportionalKb } from './measure.ts';
import { keepMenu } from './menu.ts';
import { guardNavigation } from './navigation-policy.ts';
import { readArguments } from './open-targets.ts';
import type { OpenTargets } from './open-targets.ts';
import { partProgram } from './own-part.ts';
import { restrictPermissions } from './permissions.ts';
import { updateProgram } from './update-program.ts';
import { createUpdates } from './updates.ts';
import { backgroundColor } from './window-options.ts';
import { openWindow } from './window.ts';

/** Wiring only: no trace is ever read here. */

export interface DesktopStart {
  /** dist/ */
  readonly builtFolder: string;
  /** What the user gave. */
  readonly given: readonly string[];
}

/** Also in electron/packaging/: Windows groups windows and notices by it. */
const applicationId = 'dev.retake.desktop';

/** Runs the window. Called before the app is ready, and in the same turn: some of this may not be later. */
export function startDesktop({ builtFolder, given }: DesktopStart): void {
  const launch = readArguments(given, process.cwd());
  const library = launch.library ?? process.env['RETAKE_LIBRARY'];
  const preload = join(builtFolder, 'preload/preload.cjs');
  const isMac = process.platform === 'darwin';

  let backend: BackendProcess | undefined;
  const early: OpenTargets[] = [launch];
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
  // It takes `--no-sandbox` off the command line, and as root no process of Chromium starts with a sandbox.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  const store = passwordStore(process.platform, process.env);
  if (store !== undefined && !app.commandLine.hasSwitch('password-store'))
    app.commandLine.appendSwitch('password-store', store);
  app.setAppUserModelId(applicationId);
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
  const log = openLog(join(app.getPath('userData'), 'logs', 'retake.log'));
  if (!app.requestSingleInstanceLock({ arguments: given, directory: process.cwd() })) {
    app.quit();
    return;
  }
  log.write(`Retake ${app.getVersion()} started, Electron ${process.versions['electron']}, process ${process.pid}`);
  app.on('child-process-gone', (_event, { type, name, reason, exitCode }) =>
    log.write(`a process ended: ${name ?? type}, ${reason}, code ${exitCode}`),
  );
  void app.whenReady().then(start);

  function start(): void {
    restrictPermissions(session.defaultSession);
    // `spellcheck: false` of a window and this switch keep text from being checked; only without a language is no dictionary fetched from
    // redirector.gvt1.com (seen by strace on Electron 33; electron/electron#22995).
    session.defaultSession.setSpellCheckerEnabled(false);
    session.defaultSession.setSpellCheckerLanguages([]);
    protocol.handle(appScheme, serveWindow(join(builtFolder, 'renderer')));
    // A checkout is left alone: a link would start an Electron with no program.
    if (app.isPackaged) app.setAsDefaultProtocolClient(deepLinkScheme);
    const keys = createKeyStore({ path: keysPath, safeStorage, platform: process.platform });
    const running = startBackendProcess({
      fork: forkBackend,
      askKeychain: (ask) => keys.answer(ask),
      onStart: offerPorts,
      onLost: sayLost,
      onShow: showWindow,
      onFailure: (failure) => {
        log.write(`the backend stays down: ${failure.reason}`);
        void ask(backendQuestion(failure, log.path)).then((chosen) => {
          if (chosen === 0) backend?.restart();
          else app.quit();
        });
      },
      log,
    });
    backend = running;
    for (const targets of early.splice(0)) open(targets);
    if (app.isPackaged && !isFromShell(process.platform, process.env))
      void loginShellPath(process.env).then((path) => {
        if (path !== undefined) running.usePath(path);
      });
    const updates = createUpdates({
      version: app.getVersion(),
      program: () =>
        updateProgram(
          {
            isPackaged: app.isPackaged,
            platform: process.platform,
            resourcesPath: process.resourcesPath,
            environment: process.env,
          },
          log,
        ),
      ask,
      showPart(part) {
        // Below zero there is no bar.
        for (const window of BrowserWindow.getAllWindows()) window.setProgressBar(part ?? -1);
      },
      log,
    });
    const lookForUpdates = (): void => void updates.look(true);
    showHandled = keepMenu({
      isMac,
      onLookForUpdates: lookForUpdates,
      onCommand: sendCommand,
      onShowLog: showLog,
      install: (template) => Menu.setApplicationMenu(Menu.buildFromTemplate(template)),
    });
    listenToWindows({
      ready(contents) {
        listening.add(contents);
        offerPort(contents);
      },
      openFiles: chooseFiles,
      showLog,
      lookForUpdates,
      setUpdatesAtStart: (on) => updates.setAtStart(on),
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
        log.write('ended');
        // Not within `will-quit`, where Electron passes over it: without a backend this runs while it is still being emitted.
        setImmediate(() => app.quit());
      });
    });
    if (app.commandLine.hasSwitch('measure'))
      setInterval(() => {
        const isHidden = !BrowserWindow.getAllWindows().some(isSeen);
        const figures = app.getAppMetrics().map(({ pid, type, cpu, memory }) => {
          const privateBytes = proportionalKb(pid);
          return { type, cpu, memory: privateBytes === undefined ? memory : { ...memory, privateBytes } };
        });
        log.write(measureLine(figures, isHidden));
      }, measureEveryMs);
    showWindow();
  }

  function forkBackend(): Electron.UtilityProcess {
    const ports = [
      launch.otlpPort === undefined ? [] : ['--otlp-port', launch.otlpPort],
      launch.otlpGrpcPort === undefined ? [] : ['--otlp-grpc-port', launch.otlpGrpcPort],
    ].flat();
    const program = partProgram(process.execPath, app.isPackaged ? undefined : app.getAppPath());
    return utilityProcess.fork(
      join(builtFolder, 'backend/utility.js'),
      [
        ...(library === undefined ? [] : ['--library', library]),
        ...ports,
        '--version',
        app.getVersion(),
        ...program.map((word) => `--program=${word}`),
      ],
      {
        serviceName: 'retake-backend',
        env: backendEnvironment(process.env),
        stdio: 'pipe',
      },
    );
  }

  function offerPorts(): void {
    for (const contents of listening) offerPort(contents);
  }

  function sayLost(): void {
    for (const contents of listening) if (!contents.isDestroyed()) contents.send(windowChannels.lost);
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
      const { opened, loaded } = openWindow(preload, join(builtFolder, 'main/icon.png'));
      const { webContents } = opened;
      restWhenHidden(opened, () => backend?.rest());
      watchPage(webContents, { log, ask, quit: () => app.quit() });
      webContents.once('destroyed', () => {
        listening.delete(webContents);
        showHandled([]);
      });
      loaded.catch((error: unknown) => {
        if (!webContents.isDestroyed()) dialog.showErrorBox('Retake cannot show its window', wordsOf(error));
      });
      return;
    }
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
  }

  function showLog(): void {
    shell.showItemInFolder(log.path);
  }

  async function ask({ type, message, detail, buttons }: Question, signal?: AbortSignal): Promise<number> {
    const { response } = await dialog.showMessageBox({
      type,
      message,
      detail,
      buttons: [...buttons],
      defaultId: 0,
      cancelId: type === 'warning' ? 0 : buttons.length - 1,
      ...(signal === undefined ? {} : { signal }),
    });
    return response;
  }
}

/** Only with `--measure`: nothing else here runs by the clock. */
const measureEveryMs = 10_000;

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
