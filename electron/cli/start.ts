import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildWhatChanged } from '../../.config/build.ts';
import { wordsOf } from '../../shared/words-of.ts';
import { defaultLibraryDirectory } from '../backend/base/library-directory.ts';
import type { HeadlessHost } from '../backend/hosts/headless.ts';
import { openWindow } from './start/browser-window.ts';
import { hasDisplay, runDesktop } from './start/desktop.ts';

/**
 * `npm start [-- FILES]`: builds what is out of date and opens Retake. The Electron window where its binary is there or can be
 * downloaded; otherwise the same app in a Chromium window or the default browser, with one line that says why; without a
 * display only the address. RETAKE_BROWSER=1 chooses the browser.
 *
 * `--library DIR`, `--otlp-port N` and `--otlp-grpc-port N` are understood by both.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));

async function main(argv: readonly string[]): Promise<number> {
  await buildWhatChanged();
  const outcome = await runDesktop(root, argv, process.env);
  if (outcome.kind === 'ended') return outcome.exitCode;
  await runInBrowser(argv, outcome.reason);
  return 0;
}

/** Serves the window on a free port of this machine until it is closed or interrupted. */
async function runInBrowser(argv: readonly string[], reason: string): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { library: { type: 'string' }, 'otlp-port': { type: 'string' }, 'otlp-grpc-port': { type: 'string' } },
  });
  // Loaded here: an Electron window needs none of it in this process.
  const { createBackend } = await import('../backend/backend.ts');
  const { startHeadlessHost } = await import('../backend/hosts/headless.ts');
  const { version } = await import('./commands/version.ts');
  const libraryDirectory =
    values.library === undefined ? defaultLibraryDirectory(process.env, process.platform) : resolve(values.library);
  const interrupted = new Promise<void>((end) => {
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  });
  const backend = await createBackend({
    libraryDirectory,
    receive: true,
    version: version(),
    otlpHttpPort: portOf(values['otlp-port'], 4318),
    otlpGrpcPort: portOf(values['otlp-grpc-port'], 4317),
  });
  try {
    const host = await startHeadlessHost({ backend, rendererDirectory: resolve(root, 'dist/renderer'), port: 0 });
    try {
      if (positionals.length > 0) void backend.openPaths(positionals.map((path) => resolve(path)));
      await show(host, reason, dirname(libraryDirectory), interrupted);
    } finally {
      await host.close();
    }
  } finally {
    await backend.close();
  }
}

/** One line, then the window; returns when it is closed or the process is interrupted. */
async function show(
  host: HeadlessHost,
  reason: string,
  profileFolder: string,
  interrupted: Promise<void>,
): Promise<void> {
  if (!hasDisplay(process.platform, process.env)) {
    process.stdout.write(`retake: ${reason}: open ${host.url}\n`);
    return interrupted;
  }
  process.stdout.write(`retake: opening in your browser (${reason}): ${host.url}\n`);
  const opened = await openWindow(host.openingUrl(), profileFolder);
  if (opened.kind === 'none') process.stdout.write('retake: no browser was found; open the address above in one.\n');
  return opened.kind === 'window' ? Promise.race([opened.closed, interrupted]) : interrupted;
}

function portOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new Error(`${text} is not a port: give a whole number from 0 to 65535.`);
  return value;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`retake: ${wordsOf(error)}\n`);
  process.exitCode = 1;
}
