import { resolve } from 'node:path';
import { createRouterClient } from '@orpc/server';
import type { RouterClient } from '@orpc/server';
import { createBackend } from '../../backend/backend.ts';
import type { Backend, BackendRouter } from '../../backend/backend.ts';
import { defaultLibraryDirectory } from '../../backend/base/library-directory.ts';
import { printable } from '../output.ts';
import { conversionNote, showMoneyIn } from './format.ts';
import { version } from './version.ts';

export type BackendClient = RouterClient<BackendRouter>;

export interface Session {
  readonly backend: Backend;
  readonly client: BackendClient;
}

export interface LibraryOption {
  readonly library?: string;
}

export function libraryDirectory(options: LibraryOption): string {
  return options.library ? resolve(options.library) : defaultLibraryDirectory(process.env, process.platform);
}

/**
 * Runs one command on the same router that a window uses, in this process, and closes the library after it. `shareLibrary`: what it writes is
 * stored through a window that holds the library.
 */
export async function withBackend<T>(
  options: LibraryOption & { readonly shareLibrary?: boolean },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const backend = await createBackend({
    libraryDirectory: libraryDirectory(options),
    receive: false,
    shareLibrary: options.shareLibrary ?? false,
    otlpHttpPort: undefined,
    otlpGrpcPort: undefined,
    version: version(),
  });
  try {
    return await withCurrency(backend, (client) => work({ backend, client }));
  } finally {
    await backend.close();
  }
}

/** Money is printed in the currency of the library's settings, and it is said that it was converted. */
export async function withCurrency<T>(backend: Backend, work: (client: BackendClient) => Promise<T>): Promise<T> {
  const client = createRouterClient(backend.router);
  showMoneyIn((await client.settings.get()).currency);
  const result = await work(client);
  const note = conversionNote();
  if (note !== undefined) process.stderr.write(`${note}\n`);
  return result;
}

/** A problem that does not keep the command from doing its work is said beside it. */
export async function sayProblem(client: BackendClient): Promise<void> {
  const { problem } = await client.app.info();
  if (problem !== undefined) process.stderr.write(`${printable(problem)}\n`);
}
