import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function searchRoutes(services: Services) {
  return {
    text: os.search.text.handler(async ({ input }) => {
      const { hits, indexing } = await services
        .followers()
        .search(input.query, { limit: input.limit, ...(input.runId === undefined ? {} : { runId: input.runId }) });
      return {
        indexing,
        hits: hits.map(({ runId, stepIndex, runName, stepName, kind, excerpt, startedAtMs }) => ({
          runId,
          stepIndex,
          runName,
          stepName,
          kind,
          excerpt,
          startedAt: startedAtMs,
        })),
      };
    }),
  };
}
