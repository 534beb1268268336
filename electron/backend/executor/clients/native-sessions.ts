import type { Client, ForkPlace, NativeFork, RecordedLaunch } from './client.ts';
import { clients } from './clients.ts';

/** `client`: the name of whose session it is. */
export type FoundFork = NativeFork & { readonly client: string };

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * A client's own session on this machine, to go on from inside it. Of the trace only the session's id is used, and only when it is a
 * UUID. Undefined: no client has a session of that id here. Throws NativeForkImpossible when one has, and the fork is not in it.
 */
export async function findNativeFork(
  sessionId: string | undefined,
  place: ForkPlace,
  environment: Readonly<Record<string, string | undefined>>,
  recorded?: RecordedLaunch,
  known: readonly Client[] = clients,
): Promise<FoundFork | undefined> {
  if (sessionId === undefined || !uuid.test(sessionId)) return undefined;
  for (const client of known) {
    const fork = await client.sessions?.fork?.({ sessionId, place, environment, recorded });
    if (fork) return { ...fork, client: client.name };
  }
  return undefined;
}
