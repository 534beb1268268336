import type { StepPair } from '../../../../shared/model/comparison.ts';
import type { Pins } from './compare-queries.ts';

type Ends = Pick<StepPair, 'a' | 'b'>;

/**
 * Which two steps are meant when one row and then another are pinned together: [index in the first run, in the second].
 * A row of one side gives that side; of two full rows the first gives the left step. Undefined when a side is missing.
 */
export function pinTogether(from: Ends, to: Ends): readonly [number, number] | undefined {
  if (from.a !== undefined && to.b !== undefined) return [from.a, to.b];
  if (from.b !== undefined && to.a !== undefined) return [to.a, from.b];
  return undefined;
}

/** A step is held by one pin at most: those of either end are taken away. */
export function withoutPin(pins: Pins, ends: Ends): [number, number][] {
  return pins.filter(([a, b]) => a !== ends.a && b !== ends.b).map(([a, b]) => [a, b]);
}
