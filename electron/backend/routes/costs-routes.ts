import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function costsRoutes(services: Services) {
  return {
    summary: os.costs.summary.handler(({ input }) => services.read().costs(input)),
  };
}
