import { baseUrlVariables } from '../gateway/upstreams.ts';
import type { BaseUrlVariable } from '../gateway/upstreams.ts';
import type { Client, ClientHands } from './client.ts';
import { clients } from './clients.ts';
import { recogniseClient } from './recognise.ts';

export interface Switched {
  readonly command: readonly [string, ...string[]];
  /** What is added to or changed in the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly client: string | undefined;
}

/** Variables that carry a provider's address to some client: those that many read, then the clients' own. */
export function everyBaseUrlVariable(known: readonly Client[] = clients): readonly BaseUrlVariable[] {
  return [...baseUrlVariables, ...known.flatMap(({ baseUrls }) => baseUrls ?? [])];
}

/** The user's command as it is started: with the gateway's address wherever a client may look for it. Nothing here comes from a trace. */
export function switchToGateway(
  command: readonly [string, ...string[]],
  gatewayUrl: string,
  given: Readonly<Record<string, string | undefined>>,
  hands?: Pick<ClientHands, 'arguments' | 'environment'>,
  known: readonly Client[] = clients,
): Switched {
  const environment = Object.fromEntries(
    everyBaseUrlVariable(known)
      .filter(({ variable, onlyWhereSet }) => onlyWhereSet !== true || given[variable])
      .map(({ variable, prefix, path }) => [variable, `${gatewayUrl}/${prefix}${path}`]),
  );
  const [program] = command;
  const { client, at, arguments: own } = recogniseClient(command, known);
  return {
    command: [
      program,
      ...command.slice(1, at + 1),
      ...(client?.start?.arguments?.(gatewayUrl) ?? []),
      ...(hands?.arguments(own) ?? own),
    ],
    environment: { ...environment, ...client?.start?.environment, ...hands?.environment },
    client: client?.name,
  };
}
