import { useEffect, useState } from 'react';
import { startWork } from './work-in-progress.ts';

/** The value as it was after it had not changed for `pauseMs`. The pause counts as work: the window is not idle in it. */
export function useDebounced<T>(value: T, pauseMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const done = startWork('pause after typing');
    const timer = setTimeout(() => {
      setSettled(value);
      done();
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      done();
    };
  }, [value, pauseMs]);
  return settled;
}
