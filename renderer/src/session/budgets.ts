import { useMutation, useQuery } from '@tanstack/react-query';
import type { BudgetDraft } from '../../../shared/model/budget.ts';
import { backend } from './backend-client.ts';
import { queryClient, queryKeys } from './queries.ts';

/** Midnight may be later on this clock than on the backend's. */
const afterMidnightMs = 1_000;

/** What may be spent in a day and how far it is. Kept current by the stream of changes, and asked for anew when the day turns. */
export function useBudgets() {
  return useQuery({
    queryKey: queryKeys.budgets,
    queryFn: ({ signal }) => backend.budgets.today(undefined, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data === undefined || data.budgets.length === 0
        ? false
        : Math.min(2 ** 31 - 1, Math.max(afterMidnightMs, data.untilMs - Date.now() + afterMidnightMs)),
    refetchIntervalInBackground: true,
  });
}

export function usePutBudget() {
  return useMutation({
    mutationFn: (input: {
      readonly budget: BudgetDraft & { readonly id?: string | undefined };
      readonly isSure: boolean;
    }) => backend.budgets.put(input),
    onSuccess: refetch,
  });
}

export function useRemoveBudget() {
  return useMutation({ mutationFn: (id: string) => backend.budgets.remove({ id }), onSuccess: refetch });
}

const refetch = (): Promise<void> => queryClient.invalidateQueries({ queryKey: queryKeys.budgets });
