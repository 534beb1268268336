import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ElectronApplication, Page } from 'playwright';
import { _electron, test as base } from 'playwright/test';
import { findBrowser } from '../../electron/cli/find-browser.ts';
import { projectRoot } from './project.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

const standinFolder = fileURLToPath(new URL('../electron-standin/', import.meta.url));
const realExecutable = realElectron();

/** What these tests run on; part of every title, so that a report cannot claim more. */
export const tier = realExecutable === undefined ? 'Electron stand-in (Node + Chromium), not Electron' : 'Electron';

/** Why they cannot run here, or undefined. */
export const cannotRun = whyNot();

export interface Desktop {
  readonly application: ElectronApplication;
  readonly page: Page;
  readonly libraryFolder: string;
  /** Starts the program once more, with the same library; resolves with its exit code. */
  readonly startAgain: (...argv: readonly string[]) => Promise<number>;
}

interface Fixtures {
  /** Files and links that the program is started with. */
  readonly launchArguments: readonly string[];
  readonly desktop: Desktop;
}

export const test = base.extend<Fixtures>({
  launchArguments: [[], { option: true }],
  desktop: async ({ launchArguments }, provide) => {
    await withTemporaryFolder(async (folder) => {
      const libraryFolder = join(folder, 'library');
      const own = ['--library', libraryFolder, '--otlp-port', '0', '--otlp-grpc-port', '0'];
      const environment = desktopEnvironment(folder);
      const application = await _electron.launch({
        args: [projectRoot, ...own, ...launchArguments],
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
          startAgain: (...argv) => startAgain([projectRoot, ...own, ...argv], folder, environment),
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
  const path = join(projectRoot, 'node_modules/electron/dist', names[process.platform] ?? 'electron');
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
  if (realExecutable !== undefined) return { ...inherited, XDG_CONFIG_HOME: join(folder, 'config') };
  // Playwright asks the package `electron` for its executable, and that asks the environment.
  process.env['ELECTRON_OVERRIDE_DIST_PATH'] = standinFolder;
  return { ...inherited, XDG_CONFIG_HOME: join(folder, 'config'), RETAKE_CHROMIUM: findBrowser() ?? '' };
}

function startAgain(argv: readonly string[], folder: string, environment: Record<string, string>): Promise<number> {
  const child = spawn(
    realExecutable ?? join(standinFolder, 'electron'),
    [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ...argv],
    { cwd: folder, env: environment, stdio: 'ignore' },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? -1));
  });
}
