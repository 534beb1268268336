import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { backend } from '../../../session/backend-client.ts';
import { queryKeys } from '../../../session/queries.ts';

export interface SummedSteps {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly within?: number | undefined;
}

/** Where time, tokens and money of these steps went; asks for nothing unless `enabled`. While others load, the last ones stay. */
export function useSums(runId: string, which: SummedSteps, enabled = true) {
  const { from, to, within } = which;
  return useQuery({
    queryKey: [...queryKeys.run(runId), 'sums', from, to, within],
    queryFn: ({ signal }) => backend.steps.sums({ runId, from, to, within }, { signal }),
    enabled,
    placeholderData: keepPreviousData,
  });
}
