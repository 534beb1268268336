import { spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, readSync, closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as PlaywrightModule from 'playwright';
import { wordsOf } from '../../shared/words-of.ts';

/**
 * Which Chromium do the tests use, and the window when there is no Electron? `node electron/cli/find-browser.ts` prints it;
 * with `--install` it gets one where there is none. RETAKE_CHROMIUM names another.
 */
export function findBrowser(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const chosen = environment['RETAKE_CHROMIUM'];
  if (chosen !== undefined && chosen !== '') return existsSync(chosen) ? chosen : undefined;
  return [...playwrightBrowsers(), ...installedBrowsers(process.platform, environment)].find(
    (path) => existsSync(path) && !isSnapStub(path),
  );
}

/** Where browsers of the Chromium family are installed, most wanted first. */
export function installedBrowsers(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv): readonly string[] {
  switch (platform) {
    case 'darwin':
      return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
        (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
      );
    case 'win32': {
      const folders = ['LOCALAPPDATA', 'PROGRAMFILES', 'PROGRAMFILES(X86)']
        .map((name) => environment[name])
        .filter((folder) => folder !== undefined);
      return folders.flatMap((folder) => [
        join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
        join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
      ]);
    }
    default: {
      const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
      return ['google-chrome-stable', 'google-chrome', 'chromium', 'microsoft-edge', 'chromium-browser'].flatMap(
        (name) => folders.map((folder) => join(folder, name)),
      );
    }
  }
}

/** Playwright's own, when its browsers were downloaded. Not there in a packaged Retake. */
function playwrightBrowsers(): readonly string[] {
  try {
    const { chromium }: typeof PlaywrightModule = createRequire(import.meta.url)('playwright');
    return [chromium.executablePath()];
  } catch {
    return [];
  }
}

/** Ubuntu's `chromium` is a script that asks to install a snap, and a snap cannot use the folders of a test. */
function isSnapStub(path: string): boolean {
  if (path.includes('/snap/')) return true;
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(4_096);
    const text = start.subarray(0, readSync(file, start)).toString('latin1');
    return text.startsWith('#!') && text.includes('/snap/');
  } finally {
    closeSync(file);
  }
}

const probeMs = 2_000;
const installMs = 10 * 60_000;
export const noBrowser =
  'There is no Chromium for the browser tests: install Chrome or Edge, or run `npx playwright install chromium`, or set RETAKE_CHROMIUM to one.';

/** The browser, downloaded through Playwright or installed by apt (as root on Debian) when there is none. Throws a sentence that says what to do. */
export async function findOrInstallBrowser(): Promise<string> {
  const found = findBrowser();
  if (found !== undefined) return found;
  if (process.env['RETAKE_CHROMIUM'])
    throw new Error(`RETAKE_CHROMIUM names ${process.env['RETAKE_CHROMIUM']}, which does not exist.`);
  const isRoot = process.getuid?.() === 0;
  // Probed first: without a network Playwright's own attempts take long.
  if (await answers('https://cdn.playwright.dev/')) {
    const playwright = fileURLToPath(new URL('../../node_modules/playwright/cli.js', import.meta.url));
    if (
      run(process.execPath, [
        playwright,
        'install',
        ...(isRoot && process.platform === 'linux' ? ['--with-deps'] : []),
        'chromium',
      ])
    ) {
      const downloaded = findBrowser();
      if (downloaded !== undefined) return downloaded;
    }
  }
  if (
    isRoot &&
    isDebian() &&
    run('apt-get', ['update', '-q']) &&
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium'])
  ) {
    const installed = findBrowser();
    if (installed !== undefined) return installed;
  }
  throw new Error(noBrowser);
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(probeMs) });
    return true;
  } catch {
    return false;
  }
}

function isDebian(): boolean {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Its output goes to the standard error: the standard output is for the path alone. */
function run(command: string, args: readonly string[]): boolean {
  return (
    spawnSync(command, args, {
      stdio: ['ignore', 2, 2],
      timeout: installMs,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  );
}

// `import.meta.main` is younger than the oldest Node that runs this.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const path = process.argv.includes('--install') ? await findOrInstallBrowser() : findBrowser();
    if (path === undefined) throw new Error(noBrowser);
    process.stdout.write(`${path}\n`);
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`);
    process.exitCode = 1;
  }
}
