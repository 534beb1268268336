import { useMemo } from 'react';
import type { LocationOf } from '../../../../shared/location.ts';
import { useStrollingLocation } from '../../session/use-strolling-location.ts';
import type { Move } from '../../session/use-strolling-location.ts';

export type { Move } from '../../session/use-strolling-location.ts';
export type RunLocation = LocationOf<'run'>;
type Place = Pick<RunLocation, 'step' | 'tab' | 'lens' | 'rerun' | 'find' | 'share'>;

export interface RunPlace extends Place {
  readonly go: (change: Partial<Place>, move: Move) => void;
}

/** The selected step, tab and lens: kept in the address bar, but ahead of it while keys are held. */
export function useRunPlace(location: RunLocation): RunPlace {
  const { place, go } = useStrollingLocation(location);
  const { step, tab, lens, rerun, find, share } = place;
  return useMemo(() => ({ step, tab, lens, rerun, find, share, go }), [step, tab, lens, rerun, find, share, go]);
}
