import type { Client } from './client.ts';
import { clients } from './clients.ts';
import { startedProgram } from './started-program.ts';

/** A command line, and the client that it starts. */
export interface Recognised {
  readonly client: Client | undefined;
  /** Position of the word that names the client. */
  readonly at: number;
  /** The client's own arguments. */
  readonly arguments: readonly string[];
}

/** Which client a command starts; `known` is the list of all, except in tests. */
export function recogniseClient(command: readonly string[], known: readonly Client[] = clients): Recognised {
  const { name, at } = startedProgram(command);
  return {
    at,
    arguments: command.slice(at + 1),
    client: known.find(({ start }) => start?.programs.includes(name) === true),
  };
}
