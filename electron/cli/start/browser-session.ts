import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createBackend } from '../../backend/backend.ts';
import type { Backend } from '../../backend/backend.ts';
import { handOver } from '../../backend/command-line.ts';
import { startHeadlessHost } from '../../backend/hosts/headless.ts';
import { CommandFault, exitCodes, faultText } from '../commands/fault.ts';
import { problemsOfListeners } from '../commands/listener-text.ts';
import { rendererDirectory } from '../commands/renderer-directory.ts';
import { version } from '../commands/version.ts';
import { printable } from '../output.ts';
import { openWindow } from './browser-window.ts';
import { hasDisplay } from './desktop.ts';

export interface BrowserSessionOptions {
  readonly libraryDirectory: string;
  /** Files and folders to import; relative ones are of the folder that the user stands in. */
  readonly paths: readonly string[];
  readonly otlpPort: number;
  readonly otlpGrpcPort: number;
  /** Why it is a browser, where a desktop window would be the usual thing. */
  readonly reason: string | undefined;
}

/**
 * The window in a browser of the Chromium family, without tabs, until it is closed or this process is interrupted; in a tab, or as a
 * printed address, where that cannot be had: until it is interrupted. Where a Retake runs with the same library already, that one gets
 * the files and is shown, and this one ends.
 */
export async function runInBrowser(options: BrowserSessionOptions): Promise<void> {
  const { libraryDirectory } = options;
  const paths = existing(options.paths);
  if (await handedOver(libraryDirectory, paths)) return;
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  const backend = await createBackend({
    libraryDirectory,
    receive: true,
    version: version(),
    otlpHttpPort: options.otlpPort,
    otlpGrpcPort: options.otlpGrpcPort,
  });
  try {
    const host = await startHeadlessHost({ backend, rendererDirectory: rendererDirectory(), port: 0 });
    backend.shownBy(() => ({ by: 'browser', url: host.url, openingUrl: host.openingUrl() }));
    try {
      process.stderr.write(problemsOfListeners(backend.listeners));
      if (paths.length > 0) importAll(backend, paths, ending.signal);
      await show(host, options, ending.signal);
    } finally {
      await host.close();
    }
  } finally {
    await backend.close();
  }
}

/** True when a Retake that runs with this library has taken over. */
export async function handedOver(libraryDirectory: string, paths: readonly string[]): Promise<boolean> {
  const shown = await handOver(libraryDirectory, { paths: existing(paths) });
  if (shown === undefined) return false;
  const given = paths.length === 0 ? '' : ' and imports what you gave';
  if (shown.by === 'window') {
    process.stdout.write(`retake: one runs already with this library${given}; its window comes to the front.\n`);
    return true;
  }
  process.stdout.write(`retake: one runs already with this library${given}: ${shown.url}\n`);
  if (hasDisplay(process.platform, process.env)) await openWindow(shown.openingUrl, dirname(libraryDirectory));
  return true;
}

/** Absolute, and there. */
function existing(paths: readonly string[]): readonly string[] {
  return paths.map((path) => {
    const absolute = resolve(path);
    if (!existsSync(absolute))
      throw new CommandFault(
        `There is no file or folder ${printable(path)}, and no command of that name: \`retake --help\` lists them.`,
        exitCodes.usage,
      );
    return absolute;
  });
}

/** Beside the window, which shows its progress and report. Cut off by the end, it is no fault. */
function importAll(backend: Backend, paths: readonly string[], ending: AbortSignal): void {
  backend.openPaths(paths).catch((error: unknown) => {
    if (!ending.aborted)
      process.stderr.write(`retake: the files could not be imported: ${printable(faultText(error))}\n`);
  });
}

/** One line, then the window; returns when it is closed or the process is interrupted. */
async function show(
  host: { readonly url: string; openingUrl(): string },
  { reason, libraryDirectory }: BrowserSessionOptions,
  ending: AbortSignal,
): Promise<void> {
  const interrupted = new Promise<void>((end) => {
    ending.addEventListener('abort', () => end(), { once: true });
    if (ending.aborted) end();
  });
  if (!hasDisplay(process.platform, process.env)) {
    process.stdout.write(`retake: ${reason ?? 'there is no display'}: open ${host.url}\n`);
    return interrupted;
  }
  process.stdout.write(`retake: opening in your browser${reason === undefined ? '' : ` (${reason})`}: ${host.url}\n`);
  const opened = await openWindow(host.openingUrl(), dirname(libraryDirectory), ending);
  if (opened.kind === 'none' && !ending.aborted)
    process.stdout.write('retake: no browser was found; open the address above in one.\n');
  return opened.kind === 'window' ? Promise.race([opened.closed, interrupted]) : interrupted;
}
