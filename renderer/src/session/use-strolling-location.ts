import { useCallback, useEffect, useRef, useState } from 'react';
import type { Location } from '../../../shared/location.ts';
import { currentLocation, navigate } from './location-store.ts';
import { startWork } from './work-in-progress.ts';

/** How the address bar follows: `jump` makes a step in the history, `stroll` (keys held down) changes the current one. */
export type Move = 'jump' | 'stroll';

export interface StrollingLocation<Place extends Location> {
  readonly place: Place;
  readonly go: (change: Partial<Omit<Place, 'screen'>>, move: Move) => void;
}

/**
 * Chromium drops history calls beyond 200 in 10 s, and a held J key makes more: the address bar follows when the
 * strolling pauses, the place itself at once.
 */
const pauseMs = 150;

/** Where the reader is on one screen: kept in the address bar, but ahead of it while keys are held. */
export function useStrollingLocation<Place extends Location>(location: Place): StrollingLocation<Place> {
  // Ahead of `base` only: as soon as the address bar says something else (written, or back and forward), that holds.
  const [ahead, setAhead] = useState<{ readonly base: Location; readonly place: Place }>();
  const place = ahead?.base === location ? ahead.place : location;
  const latest = useRef(place);
  useEffect(() => {
    latest.current = place;
  }, [place]);

  const pending = useRef<(() => void) | undefined>(undefined);
  useEffect(() => () => pending.current?.(), []);

  const go = useCallback((change: Partial<Omit<Place, 'screen'>>, move: Move) => {
    pending.current?.();
    const next: Place = { ...latest.current, ...change };
    latest.current = next;
    if (move === 'jump') {
      navigate(next);
      return;
    }
    const base = currentLocation();
    if (base.screen !== next.screen) return;
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

  return { place, go };
}
