import { useQuery } from '@tanstack/react-query';
import { backend } from '../../session/backend-client.ts';
import { longestText, queryKeys } from '../../session/queries.ts';

/** One step for a card of its own (the inspector's useStepDetail keeps the last step on screen instead). Shares its cache. */
export function useStep(runId: string, index: number, enabled: boolean) {
  return useQuery({
    queryKey: [...queryKeys.run(runId), 'step', index],
    queryFn: ({ signal }) => backend.steps.get({ runId, index, longestText }, { signal }),
    enabled,
  });
}
