import type { GroupedClient } from '../../ingest/pipeline/grouped-client.ts';
import type { Client } from './client.ts';
import { clients } from './clients.ts';

/** Clients whose runs are more than one trace, for the pipeline. */
export function groupedClients(known: readonly Client[] = clients): readonly GroupedClient[] {
  return known.flatMap(({ id, telemetry }) => (telemetry === undefined ? [] : { id, ...telemetry }));
}
