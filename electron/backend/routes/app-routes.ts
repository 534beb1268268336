import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function appRoutes(services: Services) {
  return {
    info: os.app.info.handler(() => services.info()),
    changes: os.app.changes.handler(({ signal }) => services.changes.subscribe(signal)),
  };
}
