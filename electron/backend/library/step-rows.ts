import type { AssembledStep } from '../telemetry/step-facts.ts';

/** `step.duration_us` of a step that is over, but was read from a file that does not say how long it took; NULL: not ended. */
export const durationNotKept = -1;

export function durationUs({ startNs, endNs, facts }: AssembledStep): number | null {
  if (endNs !== undefined) return Number((endNs - startNs) / 1_000n);
  return facts.knownTimes === undefined ? null : durationNotKept;
}
