import { createBackend } from '../../backend/backend.ts';
import { startHeadlessHost } from '../../backend/hosts/headless.ts';
import type { HeadlessHost } from '../../backend/hosts/headless.ts';
import { CommandFault } from './fault.ts';
import { listenerText } from './listener-text.ts';
import { rendererDirectory } from './renderer-directory.ts';
import { libraryDirectory } from './session.ts';
import type { LibraryOption } from './session.ts';
import { version } from './version.ts';

interface ServeOptions extends LibraryOption {
  readonly port?: number;
  readonly otlpPort?: number;
  readonly otlpGrpcPort?: number;
  readonly open: boolean;
}

/** Fixed, so that a tunnel or a bookmark keeps working; a busy one is replaced by a free one. */
const defaultPort = 4319;

/**
 * `retake serve`: the window in a browser, and the receiver, until interrupted. The first line on the standard output is the address.
 * `openBrowser` is given by the caller and only used without `--no-open`.
 */
export async function serveCommand(
  options: ServeOptions,
  openBrowser: ((url: string) => void) | undefined,
): Promise<void> {
  const backend = await createBackend({
    libraryDirectory: libraryDirectory(options),
    receive: true,
    otlpHttpPort: options.otlpPort ?? 4318,
    otlpGrpcPort: options.otlpGrpcPort ?? 4317,
    version: version(),
  });
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  let host: HeadlessHost | undefined;
  try {
    host = await startOnFreePort({ backend, rendererDirectory: rendererDirectory(), wantedPort: options.port });
    const served = host;
    backend.shownBy(() => ({ by: 'browser', url: served.url, openingUrl: served.openingUrl() }));
    process.stdout.write(`${served.url}\n`);
    for (const listener of backend.listeners) process.stderr.write(listenerText(listener));
    void backend.writable.then(
      (problem) =>
        problem === undefined ||
        process.stderr.write(`${problem} Until then runs can be read here, and nothing is received.\n`),
    );
    if (options.open) openBrowser?.(host.openingUrl());
    await stopped;
  } finally {
    await host?.close();
    await backend.close();
  }
}

async function startOnFreePort(request: {
  readonly backend: Parameters<typeof startHeadlessHost>[0]['backend'];
  readonly rendererDirectory: string;
  readonly wantedPort: number | undefined;
}): Promise<HeadlessHost> {
  const { backend, rendererDirectory: directory, wantedPort } = request;
  try {
    return await startHeadlessHost({ backend, rendererDirectory: directory, port: wantedPort ?? defaultPort });
  } catch (error) {
    const busy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    if (busy && wantedPort !== undefined)
      throw new CommandFault(`Port ${wantedPort} is taken: give another with --port, or --port 0 for any free one.`);
    if (!busy) throw error;
    return startHeadlessHost({ backend, rendererDirectory: directory, port: 0 });
  }
}
