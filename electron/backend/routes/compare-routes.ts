import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function compareRoutes(services: Services) {
  return {
    align: os.compare.align.handler(({ input }) => services.compare().compareAlign(input)),
    pair: os.compare.pair.handler(({ input }) => services.compare().comparePair(input)),
    matrix: os.compare.matrix.handler(({ input }) => services.compare().compareMatrix(input)),
    previousRun: os.compare.previousRun.handler(({ input }) => services.read().previousRun(input.runId)),
  };
}
