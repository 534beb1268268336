import { useSyncExternalStore } from 'react';
import { z } from 'zod';
import { storedValue } from '../lib/stored-value.ts';
import { windowBridge } from './globals.ts';

/** Off until the user turns it on: nothing is fetched before. */
const stored = storedValue<boolean>('retake.updates-at-start', z.boolean(), false);
const listeners = new Set<() => void>();

/** Tells the desktop window whether to look for a newer Retake once in this session. */
export function applyUpdatesAtStart(): void {
  windowBridge()?.setUpdatesAtStart(stored.read());
}

export function setUpdatesAtStart(on: boolean): void {
  stored.write(on);
  applyUpdatesAtStart();
  for (const listener of listeners) listener();
}

export function useUpdatesAtStart(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => stored.read(),
  );
}
