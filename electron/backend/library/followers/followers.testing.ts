import { findRun } from '../queries/run-detail.ts';
import { stepsOf } from '../queries/steps.ts';
import { followRuns } from './run-follower.ts';
import type { RunFollower } from './run-follower.ts';

const columns = { name: 'text', step: 'text', tokens: 'integer' } as const;

/** A follower that is as small as one can be: a row for each step of a run. `told` hears of each run. Not a test itself. */
export function stepNames(told: (runId: string) => void = () => undefined, version = 1): RunFollower<typeof columns> {
  return followRuns({
    id: 'step-names',
    label: 'the table of step names',
    version,
    columns,
    indexes: ['step'],
    *rows(runId, library) {
      told(runId);
      const name = findRun(library, runId)?.name;
      for (const { step } of stepsOf(library, runId))
        yield { name, step: step.facts.name, tokens: step.facts.usage?.input };
    },
  });
}
