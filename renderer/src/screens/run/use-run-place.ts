import { useCallback, useMemo } from 'react';
import { z } from 'zod';
import { inspectorTabSchema, lensSchema } from '../../../../shared/location.ts';
import type { LocationOf } from '../../../../shared/location.ts';
import { storedValue } from '../../lib/stored-value.ts';
import { useStrollingLocation } from '../../session/use-strolling-location.ts';
import type { Move } from '../../session/use-strolling-location.ts';

export type { Move } from '../../session/use-strolling-location.ts';
export type RunLocation = LocationOf<'run'>;
type Place = Pick<RunLocation, 'step' | 'rerun' | 'find' | 'share'> & View;

const viewSchema = z.object({
  lens: lensSchema.default('timeline'),
  tab: inspectorTabSchema.default('messages'),
});
type View = z.infer<typeof viewSchema>;

/** How runs are read in this window: the next one opens so, and the window when it is started again. A link can say otherwise, for its run. */
const chosenView = storedValue<View>('retake.run.view', viewSchema, viewSchema.parse({}));

export interface RunPlace extends Place {
  readonly go: (change: Partial<Place>, move: Move) => void;
}

/** The selected step, tab and lens: kept in the address bar, but ahead of it while keys are held. */
export function useRunPlace(location: RunLocation): RunPlace {
  const { place, go: goTo } = useStrollingLocation(location);
  const { step, rerun, find, share } = place;
  const { lens = chosenView.read().lens, tab = chosenView.read().tab } = place;
  const go = useCallback(
    (change: Partial<Place>, move: Move) => {
      const { lens: nextLens, tab: nextTab } = change;
      if (nextLens !== undefined || nextTab !== undefined) {
        const before = chosenView.read();
        chosenView.write({ lens: nextLens ?? before.lens, tab: nextTab ?? before.tab });
      }
      goTo(change, move);
    },
    [goTo],
  );
  return useMemo(() => ({ step, tab, lens, rerun, find, share, go }), [step, tab, lens, rerun, find, share, go]);
}
