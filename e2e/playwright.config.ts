import { defineConfig } from 'playwright/test';
import { keepsCompiled } from '../.config/compiled.ts';
import { findBrowser, noBrowser } from '../electron/cli/find-browser.ts';
import { quietFlags } from './support/browser-flags.ts';

const executablePath = findBrowser();
if (executablePath === undefined) throw new Error(noBrowser);
process.env['RETAKE_CHROMIUM'] ??= executablePath;
// Of the hosts that the tests start, one each: a sixth of what three specs of search take of a processor.
process.env['NODE_COMPILE_CACHE'] ??= keepsCompiled.NODE_COMPILE_CACHE;

/** Of the file's name only: the path of a checkout may hold the word too. */
const shellSpecs = /[\\/]shell[^\\/]*\.spec\.ts$/;

/**
 * browser: the whole window in a Chromium, against `retake serve`. shell: what Electron's main does, on the real binary where
 * there is one, else on the stand-in (the titles say which). Both need `npm run build` first; `npm test` does it.
 */
export default defineConfig({
  testDir: './specs',
  outputDir: '../test-results',
  fullyParallel: true,
  workers: 2,
  // Limits of waiting, not of speed: what hangs ends, what is slow on a busy machine does not.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  forbidOnly: Boolean(process.env['CI']),
  reporter: [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    locale: 'en-US',
    timezoneId: 'UTC',
    // A trace of everything costs a third of the suite's time; a failure is looked into with `--trace on`.
    trace: 'off',
    screenshot: 'only-on-failure',
    // Chromium refuses to run as root with its sandbox.
    launchOptions: { executablePath, chromiumSandbox: process.getuid?.() !== 0, args: [...quietFlags] },
  },
  projects: [
    { name: 'browser', testIgnore: shellSpecs },
    { name: 'shell', testMatch: shellSpecs },
    // `npm run bench`: what is felt of the window.
    { name: 'bench', testDir: './bench', testMatch: /window\.bench\.ts$/, workers: 1 },
  ],
});
