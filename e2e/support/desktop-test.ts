import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ElectronApplication, Page } from 'playwright';
import { _electron, test as base } from 'playwright/test';
import { findBrowser } from '../../electron/cli/find-browser.ts';
import { projectRoot } from './project.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

const standinFolder = fileURLToPath(new URL('../electron-standin/', import.meta.url));
const realExecutable = realElectron();
/** What Electron is started with: the checkout, or a copy of it that an older binary can run (e2e/electron-binary/). */
const appFolder = process.env['RETAKE_ELECTRON_APP'] ?? projectRoot;

/** What these tests run on; part of every title, so that a report cannot claim more. */
export const tier = realExecutable === undefined ? 'Electron stand-in (Node + Chromium), not Electron' : 'Electron';

/** Chromium refuses to run as root with its sandbox. */
const isRoot = process.getuid?.() === 0;

/** Why what needs it is skipped here, or undefined. */
const cannotRun = whyNot();

export interface Desktop {
  readonly application: ElectronApplication;
  readonly page: Page;
  readonly libraryFolder: string;
  readonly startAgain: StartAgain;
}

export interface StartAgain {
  /** Starts the program once more, with the same library; resolves with its exit code. */
  (...argv: readonly string[]): Promise<number>;
  /** Starts it once more after it has ended. */
  andStay(): StartedAgain;
}

export interface StartedAgain {
  /** window: it is the one that holds the library; handed-over: it ended at once. */
  startedWith(): Promise<'window' | 'handed-over' | undefined>;
  end(): Promise<void>;
}

interface Fixtures {
  /** Files and links that the program is started with. */
  readonly launchArguments: readonly string[];
  /** Of Chromium or Electron, before the program's folder. */
  readonly switches: readonly string[];
  /** Not through Playwright's loader, which makes Chromium keep keys in the clear (`password-store=basic`). */
  readonly usesKeychain: boolean;
  readonly desktop: Desktop;
}

export const test = base.extend<Fixtures>({
  launchArguments: [[], { option: true }],
  switches: [[], { option: true }],
  usesKeychain: [false, { option: true }],
  desktop: async ({ launchArguments, switches, usesKeychain }, provide, testInfo) => {
    testInfo.skip(cannotRun !== undefined, cannotRun);
    await withTemporaryFolder(async (folder) => {
      const libraryFolder = join(folder, 'library');
      const own = ['--library', libraryFolder, '--otlp-port', '0', '--otlp-grpc-port', '0'];
      const environment = desktopEnvironment(folder);
      const application = await _electron.launch({
        ...(usesKeychain && realExecutable !== undefined ? { executablePath: realExecutable } : {}),
        chromiumSandbox: !isRoot,
        args: [...switches, appFolder, ...own, ...launchArguments],
        cwd: folder,
        env: environment,
      });
      try {
        const page = await application.firstWindow();
        await page.waitForURL(/^(app:|https:\/\/retake\.app\.standin)/);
        await provide({
          application,
          page,
          libraryFolder,
          startAgain: Object.assign(
            (...argv: readonly string[]) => startAgain([appFolder, ...own, ...argv], folder, environment),
            { andStay: () => startAndStay([appFolder, ...own], { folder, environment, libraryFolder }) },
          ),
        });
      } finally {
        await application.close();
      }
    });
  },
});

export { expect } from 'playwright/test';

function realElectron(): string | undefined {
  const names: Readonly<Record<string, string>> = {
    darwin: 'Electron.app/Contents/MacOS/Electron',
    win32: 'electron.exe',
  };
  const distFolder = process.env['ELECTRON_DIST'] ?? join(projectRoot, 'node_modules/electron/dist');
  const path = join(distFolder, names[process.platform] ?? 'electron');
  return existsSync(path) ? path : undefined;
}

function whyNot(): string | undefined {
  if (realExecutable === undefined) {
    if (process.platform === 'win32')
      return 'The Electron binary is not installed, and its stand-in needs a Unix shell.';
    return findBrowser() === undefined
      ? 'The Electron binary is not installed, and its stand-in needs a Chromium: run `npm run test`, or set RETAKE_CHROMIUM.'
      : undefined;
  }
  const noDisplay = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  return noDisplay ? 'Electron needs a display: run the tests under `xvfb-run`.' : undefined;
}

function desktopEnvironment(folder: string): Record<string, string> {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  if (realExecutable !== undefined) {
    if (process.env['ELECTRON_DIST']) process.env['ELECTRON_OVERRIDE_DIST_PATH'] = process.env['ELECTRON_DIST'];
    return { ...inherited, XDG_CONFIG_HOME: join(folder, 'config') };
  }
  // Playwright asks the package `electron` for its executable, and that asks the environment.
  process.env['ELECTRON_OVERRIDE_DIST_PATH'] = standinFolder;
  return { ...inherited, XDG_CONFIG_HOME: join(folder, 'config'), RETAKE_CHROMIUM: findBrowser() ?? '' };
}

async function startAgain(
  argv: readonly string[],
  folder: string,
  environment: Record<string, string>,
): Promise<number> {
  const [code] = await once(spawnElectron(argv, folder, environment), 'exit');
  return typeof code === 'number' ? code : -1;
}

function spawnElectron(argv: readonly string[], folder: string, environment: Record<string, string>): ChildProcess {
  return spawn(realExecutable ?? join(standinFolder, 'electron'), [...(isRoot ? ['--no-sandbox'] : []), ...argv], {
    cwd: folder,
    env: environment,
    stdio: 'ignore',
  });
}

function startAndStay(
  argv: readonly string[],
  {
    folder,
    environment,
    libraryFolder,
  }: { readonly folder: string; readonly environment: Record<string, string>; readonly libraryFolder: string },
): StartedAgain {
  const child = spawnElectron(argv, folder, environment);
  const ended = once(child, 'exit');
  return {
    async startedWith() {
      if (child.exitCode !== null || child.signalCode !== null) return 'handed-over';
      // Published by the backend that may write the library, when it does.
      const entry = await readFile(join(libraryFolder, 'recorder.json'), 'utf8').catch(() => '');
      const pid = /"pid":(\d+)/.exec(entry)?.[1];
      return pid !== undefined && isAlive(Number(pid)) ? 'window' : undefined;
    },
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export async function backendPids(application: ElectronApplication): Promise<readonly number[]> {
  return application.evaluate(({ app }) =>
    app
      .getAppMetrics()
      .filter(({ name }) => name === 'retake-backend')
      .map(({ pid }) => pid),
  );
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A drop as the system makes it: the window gets files with paths, not data made by a script. */
export async function drop(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data });
  await session.detach();
}
