import type { Client } from './client.ts';
import { clients } from './clients.ts';

/** Headers in which clients name their own session, for the gateway. */
export function sessionHeaders(known: readonly Client[] = clients): readonly string[] {
  return known.flatMap(({ sessions }) => sessions?.headers ?? []);
}
