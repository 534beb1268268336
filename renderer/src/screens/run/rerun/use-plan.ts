import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ForkItem, TakePlan, TakeRequestInput } from '../../../../../shared/model/take.ts';
import { backend } from '../../../session/backend-client.ts';
import { queryKeys } from '../../../session/queries.ts';
import { useDebounced } from '../../../session/use-debounced.ts';
import type { ItemName } from './edit-form.ts';

const typingPauseMs = 300;

/** The plan without edits: the request as it was recorded, which the edits are made against. */
export function useRecordedPlan(
  { runId, fromStep, resume }: Pick<TakeRequestInput, 'runId' | 'fromStep' | 'resume'>,
  executor: TakeRequestInput['executor'],
) {
  const resumes = resume === true && executor === 'replay';
  return useQuery({
    queryKey: [...queryKeys.run(runId), 'plan', fromStep, executor, resumes],
    queryFn: ({ signal }) => backend.takes.plan({ runId, fromStep, executor, resume: resumes }, { signal }),
    placeholderData: keepPreviousData,
  });
}

export interface CurrentPlan {
  readonly plan: TakePlan | undefined;
  /** The plan is of what stands in the sheet now, not of what stood there before the last key press. */
  readonly isCurrent: boolean;
  readonly error: Error | null;
}

/** The plan of what was typed, asked for when the typing pauses. The last one stays until the next is there. */
export function usePlan(request: TakeRequestInput): CurrentPlan {
  const text = useMemo(() => JSON.stringify(request), [request]);
  const settled = useDebounced(text, typingPauseMs);
  const { data, error, isPlaceholderData, isFetching } = useQuery({
    queryKey: [...queryKeys.run(request.runId), 'plan of', settled],
    queryFn: ({ signal }) => backend.takes.plan(JSON.parse(settled) as TakeRequestInput, { signal }),
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  });
  return { plan: data, error, isCurrent: settled === text && !isPlaceholderData && !isFetching };
}

/** One message of the request whole, where the plan cut it; asks for nothing unless `enabled`. */
export function useWholeItem(runId: string, fromStep: number, item: ItemName, enabled: boolean) {
  return useQuery({
    queryKey: [...queryKeys.run(runId), 'fork item', fromStep, item],
    queryFn: ({ signal }) => backend.takes.forkItem({ runId, fromStep, item }, { signal }),
    enabled,
  });
}

/** Whether the plan holds less than all of this message's text. */
export function isCut(item: ForkItem): boolean {
  return [...item.texts, ...item.toolResults].some(({ text, length }) => length > text.length);
}
