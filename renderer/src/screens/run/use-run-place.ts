import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Location } from '../../../../shared/location.ts';
import { currentLocation, navigate } from '../../app/location-store.ts';
import { startWork } from '../../app/work-in-progress.ts';

export type RunLocation = Extract<Location, { screen: 'run' }>;
type Place = Pick<RunLocation, 'step' | 'tab' | 'lens'>;

/** How the address bar follows: `jump` makes a step in the history, `stroll` (keys held down) changes the current one. */
export type Move = 'jump' | 'stroll';

export interface RunPlace extends Place {
  readonly go: (change: Partial<Place>, move: Move) => void;
}

/**
 * Chromium drops history calls beyond 200 in 10 s, and a held J key makes more: the address bar follows when the
 * strolling pauses, the selection itself at once.
 */
const pauseMs = 150;

/** The selected step, tab and lens: kept in the address bar, but ahead of it while keys are held. */
export function useRunPlace(location: RunLocation): RunPlace {
  // Ahead of `base` only: as soon as the address bar says something else (written, or back and forward), that holds.
  const [ahead, setAhead] = useState<{ readonly base: RunLocation; readonly place: RunLocation }>();
  const place = ahead?.base === location ? ahead.place : location;
  const latest = useRef(place);
  useEffect(() => {
    latest.current = place;
  }, [place]);

  const pending = useRef<(() => void) | undefined>(undefined);
  useEffect(() => () => pending.current?.(), []);

  const go = useCallback((change: Partial<Place>, move: Move) => {
    pending.current?.();
    const next: RunLocation = { ...latest.current, ...change };
    latest.current = next;
    if (move === 'jump') {
      navigate(next);
      return;
    }
    const base = currentLocation();
    if (base.screen !== 'run') return;
    setAhead({ base, place: next });
    const done = startWork('address bar');
    const timer = setTimeout(() => {
      done();
      pending.current = undefined;
      if (currentLocation() === base) navigate(next, { replace: true });
    }, pauseMs);
    pending.current = () => {
      clearTimeout(timer);
      done();
      pending.current = undefined;
    };
  }, []);

  const { step, tab, lens } = place;
  return useMemo(() => ({ step, tab, lens, go }), [step, tab, lens, go]);
}
