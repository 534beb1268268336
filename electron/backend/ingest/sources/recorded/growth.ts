import { createHash } from 'node:crypto';
import type { SpanId, TraceId } from '../../../../../shared/model/units.ts';
import { jsonText } from '../../conventions/structure.ts';
import type { Growth, RecordedStep } from './recorded-run.ts';

/** What was said up to each message, with it: equal only where all before is equal too. */
export function saidUpTo(messages: readonly unknown[]): readonly string[] {
  const said: string[] = [];
  let before = '';
  for (const message of messages)
    said.push(
      (before = createHash('sha256')
        .update(`${before}\n${jsonText(message)}`)
        .digest('hex')
        .slice(0, 16)),
    );
  return said;
}

/** Of a run whose answers have what was said up to them as their keys. */
export const growthOf = (steps: readonly RecordedStep[]): Growth => ({
  answers: steps.flatMap(({ kind, key }) => (kind === 'llm' && key !== undefined ? [key] : [])),
});

/** How many runs that begin alike are told apart by where they part; beyond it by the whole of each. */
const maximumTwins = 20;

export type Placed =
  | { readonly kind: 'new' | 'grown'; readonly trace: TraceId }
  | { readonly kind: 'older' }
  | { readonly kind: 'whole' };

/**
 * Which run it is: `older`, where one is known that has all of its steps and more; `whole`, where others have taken every id that its
 * answers give. `stepsOf` gives a run's ids, of its steps and of itself, under this trace id; `known` those that are there.
 */
export function placeGrown(
  traces: Iterable<TraceId>,
  stepsOf: (trace: TraceId) => ReadonlySet<SpanId>,
  known: (trace: TraceId) => ReadonlySet<SpanId> | undefined,
): Placed {
  let tried = 0;
  for (const trace of traces) {
    const there = known(trace);
    if (there === undefined) return { kind: 'new', trace };
    const steps = stepsOf(trace);
    if (there.isSubsetOf(steps)) return { kind: 'grown', trace };
    if (steps.isSubsetOf(there)) return { kind: 'older' };
    tried += 1;
    if (tried >= maximumTwins) break;
  }
  return { kind: 'whole' };
}
