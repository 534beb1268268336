import { createBackend } from '../../backend/backend.ts';
import type { Backend } from '../../backend/backend.ts';
import { CommandFault, exitCodes } from './fault.ts';
import { libraryDirectory, withCurrency } from './session.ts';
import type { LibraryOption } from './session.ts';
import { version } from './version.ts';

/**
 * A backend that takes what a run sends: its own spans come to a port of their own, whatever else listens on this machine. Where a
 * window or `retake serve` holds the library, it is stored through that.
 */
export async function withRecordingBackend<T>(
  options: LibraryOption,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await createBackend({
    libraryDirectory: libraryDirectory(options),
    receive: true,
    shareLibrary: true,
    otlpHttpPort: 0,
    otlpGrpcPort: undefined,
    version: version(),
  });
  try {
    // Before the agent does anything: what cannot be kept is not started.
    const problem = await backend.writable;
    if (problem !== undefined) throw new CommandFault(problem);
    return await withCurrency(backend, () => work(backend));
  } finally {
    await backend.close();
  }
}

export function splitCommand(words: readonly string[], example: string): readonly [string, ...string[]] {
  const [program, ...rest] = words;
  if (program === undefined)
    throw new CommandFault(`Give the command to run after --, for example: ${example}`, exitCodes.usage);
  return [program, ...rest];
}

/** Ctrl+C and its like end the agent with everything that it started, and then this command in order. */
export function stopOnSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (name: NodeJS.Signals): void => controller.abort(name);
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    release() {
      for (const name of names) process.off(name, stop);
    },
  };
}
