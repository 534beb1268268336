import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RedactionRequest } from '../../../../../shared/contract.ts';
import type { LookedThrough, RedactionReport } from '../../../../../shared/model/redaction.ts';
import { backend } from '../../../session/backend-client.ts';
import { queryKeys } from '../../../session/queries.ts';

export interface ReportState {
  /** While another choice is looked at, what was found with the last one. */
  readonly report: RedactionReport | undefined;
  readonly isCurrent: boolean;
  readonly progress: LookedThrough | undefined;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** What would be replaced; undefined asks for nothing. */
export function useRedactionReport(request: RedactionRequest | undefined): ReportState {
  const [progress, setProgress] = useState<LookedThrough>();
  const query = useQuery({
    queryKey: [...queryKeys.run(request?.runId ?? ''), 'redaction', request],
    queryFn: async ({ signal }) => {
      if (request === undefined) throw new Error('No run to look through.');
      for await (const next of await backend.runs.redactionReport(request, { signal })) {
        if (next.type === 'report') return next.report;
        setProgress(next);
      }
      throw new Error('The run was not looked through to its end.');
    },
    enabled: request !== undefined,
    placeholderData: keepPreviousData,
  });
  return {
    report: query.data,
    isCurrent: query.data !== undefined && !query.isPlaceholderData,
    progress: query.isFetching ? progress : undefined,
    error: query.error,
    retry: () => void query.refetch(),
  };
}
