import type { Client, Environment } from './client.ts';
import { clients } from './clients.ts';

/** Where clients keep their sessions, whether or not anything is there. */
export const sessionFolders = (
  environment: Environment,
  known: readonly Client[] = clients,
): readonly { readonly client: string; readonly path: string }[] =>
  known.flatMap(({ name, sessionFolder }) =>
    sessionFolder === undefined ? [] : [{ client: name, path: sessionFolder(environment) }],
  );
