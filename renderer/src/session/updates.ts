import { z } from 'zod';
import { storedValue, useStored } from '../lib/stored-value.ts';
import { windowBridge } from './globals.ts';

/** Off until the user turns it on: nothing is fetched before. */
const stored = storedValue<boolean>('retake.updates-at-start', z.boolean(), false);

/** Tells the desktop window whether to look for a newer Retake once in this session. */
export function applyUpdatesAtStart(): void {
  windowBridge()?.setUpdatesAtStart(stored.read());
}

export function setUpdatesAtStart(on: boolean): void {
  stored.write(on);
  applyUpdatesAtStart();
}

export function useUpdatesAtStart(): boolean {
  return useStored(stored);
}
