import { connectClients } from '../executor/clients/connect.ts';
import { importFormats } from '../ingest/sources/import-formats.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function appRoutes(services: Services) {
  return {
    info: os.app.info.handler(() => services.info()),
    formats: os.app.formats.handler(() => importFormats()),
    clients: os.app.clients.handler(({ input }) => [...connectClients(input)]),
    changes: os.app.changes.handler(({ signal }) => services.changes.subscribe(signal)),
  };
}
