import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ignoreChoiceSchema } from '../../../../shared/model/comparison.ts';
import type { IgnoreChoice } from '../../../../shared/model/comparison.ts';
import { storedValue } from '../../lib/stored-value.ts';
import { backend } from '../../session/backend-client.ts';
import { onRunsChanged } from '../../session/live-changes.ts';
import { queryClient, queryKeys } from '../../session/queries.ts';
import { startWork } from '../../session/work-in-progress.ts';

/** Index pairs [in the first run, in the second] that are held together. */
export type Pins = readonly (readonly [number, number] | readonly [number, number, number])[];

export interface StepReference {
  readonly runId: string;
  readonly index: number;
}

const storedIgnore = storedValue<IgnoreChoice>('retake.compare.ignore', ignoreChoiceSchema, { off: [], keys: [] });

/** The rules of what does not count, the same for all comparisons in this window, kept. */
export function useIgnoreChoice(): readonly [IgnoreChoice, (choice: IgnoreChoice) => void] {
  const [choice, setChoice] = useState(() => storedIgnore.read());
  return [
    choice,
    (next) => {
      storedIgnore.write(next);
      setChoice(next);
    },
  ];
}

/** How long contents are read before the first answer, and between two answers: the window shows what is known meanwhile. */
const firstPatienceMs = 100;
const patienceMs = 1_500;

/** With other rules or pins the last alignment of the same two runs stays until the new one is there. Long contexts are read in slices: asked again until all are read. */
export function useAlignment(a: string, b: string, ignore: IgnoreChoice, pins: Pins) {
  const queryKey = [...queryKeys.compare, 'align', a, b, ignore, pins];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) =>
      backend.compare.align(
        {
          a,
          b,
          ignore,
          pins: pins.map(([left, right]) => ({ a: left, b: right })),
          patienceMs: queryClient.getQueryData(queryKey) === undefined ? firstPatienceMs : patienceMs,
        },
        { signal },
      ),
    placeholderData: (previous, before) =>
      before?.queryKey[2] === a && before.queryKey[3] === b ? previous : undefined,
    refetchInterval: ({ state }) => (state.data?.reading === undefined ? false : 1),
    // Comparing 10,000 pairs with those before takes longer than drawing them.
    structuralSharing: false,
  });
  const isReading = query.data?.reading !== undefined;
  const wasReading = useRef(false);
  useEffect(() => {
    // In what the shown pairs differ was said of contents as far as they were read.
    if (wasReading.current && !isReading)
      void queryClient.invalidateQueries({ queryKey: [...queryKeys.compare, 'pair'] });
    wasReading.current = isReading;
  }, [isReading]);
  return query;
}

/** While the next pair loads the last one stays (`isPlaceholderData`), so that J and K do not flash. Without both sides it asks for nothing. */
export function usePairDifference(
  a: StepReference | undefined,
  b: StepReference | undefined,
  ignore: IgnoreChoice,
  full: boolean,
) {
  return useQuery({
    queryKey: [...queryKeys.compare, 'pair', a, b, ignore, full],
    queryFn: ({ signal }) => backend.compare.pair({ a, b, ignore, full }, { signal }),
    enabled: a !== undefined || b !== undefined,
    placeholderData: (previous) => previous,
  });
}

/** Loads a pair before it is asked for. */
export function prefetchPairDifference(
  a: StepReference | undefined,
  b: StepReference | undefined,
  ignore: IgnoreChoice,
): void {
  if (a === undefined && b === undefined) return;
  void queryClient.prefetchQuery({
    queryKey: [...queryKeys.compare, 'pair', a, b, ignore, false],
    queryFn: ({ signal }) => backend.compare.pair({ a, b, ignore, full: false }, { signal }),
  });
}

/** Pins of a matrix: [index in the first run, index in the other, its column]. */
export type MatrixPins = readonly (readonly [number, number, number])[];

export function useMatrix(runIds: readonly string[], ignore: IgnoreChoice, pins: MatrixPins) {
  return useQuery({
    queryKey: [...queryKeys.compare, 'matrix', runIds, ignore, pins],
    queryFn: ({ signal }) =>
      backend.compare.matrix(
        {
          runIds: [...runIds],
          ignore,
          pins: pins.flatMap(([a, b, column]) => {
            const runId = runIds[column];
            return runId === undefined ? [] : [{ runId, a, b }];
          }),
        },
        { signal },
      ),
    placeholderData: (previous, query) =>
      JSON.stringify(query?.queryKey[2]) === JSON.stringify(runIds) ? previous : undefined,
  });
}

/** Runs to choose from, newest first. */
export function useRecentRuns(text: string) {
  return useQuery({
    queryKey: [...queryKeys.runs, 'to compare', text],
    queryFn: ({ signal }) =>
      backend.runs.list(
        { filter: text === '' ? {} : { text }, sort: 'started', descending: true, limit: 100 },
        { signal },
      ),
    placeholderData: (previous) => previous,
    staleTime: 2_000,
  });
}

const pauseMs = 500;

/** A run that grows or is read anew is compared anew, at most twice a second. */
export function useFollowRuns(runIds: readonly string[]): void {
  const names = useMemo(() => new Set(runIds), [runIds]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let done: (() => void) | undefined;
    const stop = onRunsChanged((changed) => {
      if (timer !== undefined || ![...changed].some((id) => names.has(id))) return;
      done = startWork('compare anew');
      timer = setTimeout(() => {
        timer = undefined;
        void queryClient.invalidateQueries({ queryKey: queryKeys.compare }).finally(done);
      }, pauseMs);
    });
    return () => {
      stop();
      clearTimeout(timer);
      done?.();
    };
  }, [names]);
}
