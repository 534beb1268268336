import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findBrowser } from '../find-browser.ts';

/** A window of its own, or a tab of the user's browser that tells nothing about when it is closed. */
export type OpenedWindow =
  | { readonly kind: 'window'; readonly closed: Promise<void> }
  /** Also a window of a browser that was already running. */
  | { readonly kind: 'tab' }
  | { readonly kind: 'none' };

/** A browser that ends sooner handed the address to one that was already running. */
const handedOverMs = 3_000;

/**
 * Shows the address in a window without tabs and address bar where a browser of the Chromium family is installed,
 * else in the default browser.
 * @param profileFolder keeps the window's settings apart from the user's own browsing
 * @param ending closes the window, also one that is still being opened
 */
export async function openWindow(url: string, profileFolder: string, ending?: AbortSignal): Promise<OpenedWindow> {
  const browser = findBrowser();
  if (browser !== undefined) {
    const window = await startAppWindow(browser, { url, profileFolder, ending });
    if (window !== undefined) return window;
  }
  if (ending?.aborted === true) return { kind: 'none' };
  return (await openInDefaultBrowser(url)) ? { kind: 'tab' } : { kind: 'none' };
}

/** Resolves once it runs or has handed over; undefined when it does not start. */
function startAppWindow(
  browser: string,
  {
    url,
    profileFolder,
    ending,
  }: { readonly url: string; readonly profileFolder: string; readonly ending: AbortSignal | undefined },
): Promise<OpenedWindow | undefined> {
  const flags = [
    `--app=${url}`,
    '--window-size=1440,900',
    `--user-data-dir=${join(profileFolder, 'browser')}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-extensions',
    '--disable-breakpad',
    '--password-store=basic',
    // Chromium refuses to run as root with its sandbox; the second flag only hides the bar that says so.
    ...(process.getuid?.() === 0 ? ['--no-sandbox', '--test-type'] : []),
  ];
  const child = spawn(browser, flags, { stdio: 'ignore' });
  ending?.addEventListener('abort', () => child.kill(), { once: true });
  return new Promise((resolve) => {
    const closed = new Promise<void>((close) => child.once('exit', () => close()));
    const settled = setTimeout(() => resolve({ kind: 'window', closed }), handedOverMs);
    const end = (outcome: OpenedWindow | undefined): void => {
      clearTimeout(settled);
      resolve(outcome);
    };
    child.once('error', () => end(undefined));
    // One of the same profile runs already and shows it: the default browser would show it a second time.
    child.once('exit', (code) => end(code === 0 ? { kind: 'tab' } : undefined));
    process.once('exit', () => child.kill());
  });
}

const openers: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** True when the system took it. The address comes from us and is given as one argument, never through a shell. */
export function openInDefaultBrowser(url: string): Promise<boolean> {
  const [command = 'xdg-open', ...before] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...before, url], { stdio: 'ignore', detached: true });
  child.unref();
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
    setTimeout(() => resolve(true), handedOverMs).unref();
  });
}
