import { useCallback, useMemo, useState } from 'react';
import { z } from 'zod';
import { storedValue } from '../../lib/stored-value.ts';

/** Steps that a reader marked, by run; the run that was marked last stands last. Kept in this profile. */
const mostRuns = 200;
const mostMarks = 500;
const marksSchema = z
  .array(z.tuple([z.string().max(200), z.array(z.number().int().nonnegative()).max(mostMarks)]))
  .max(mostRuns);
type Stored = readonly (readonly [string, readonly number[]])[];

const stored = storedValue<Stored>('retake.run.marks', marksSchema as z.ZodType<Stored>, []);

export interface Marks {
  readonly steps: ReadonlySet<number>;
  readonly toggle: (index: number) => void;
}

export function useMarks(runId: string): Marks {
  const [all, setAll] = useState(() => stored.read());
  const steps = useMemo(() => new Set(all.find(([run]) => run === runId)?.[1]), [all, runId]);
  const toggle = useCallback(
    (index: number) => {
      const next = withToggled(stored.read(), runId, index);
      stored.write(next);
      setAll(next);
    },
    [runId],
  );
  return useMemo(() => ({ steps, toggle }), [steps, toggle]);
}

/** Marks or unmarks a step; the oldest runs are forgotten, and a run holds no more marks than can be looked at. */
export function withToggled(all: Stored, runId: string, index: number): Stored {
  const before = all.find(([run]) => run === runId)?.[1] ?? [];
  const marks = before.includes(index)
    ? before.filter((mark) => mark !== index)
    : [...before, index].toSorted((a, b) => a - b).slice(0, mostMarks);
  const others = all.filter(([run]) => run !== runId).slice(1 - mostRuns);
  return marks.length === 0 ? others : [...others, [runId, marks]];
}

/** The next marked step after one, or the one before it; round at the ends. */
export function markFrom(
  steps: ReadonlySet<number>,
  selected: number | undefined,
  direction: 1 | -1,
): number | undefined {
  const marks = [...steps].toSorted((a, b) => a - b);
  const from = selected ?? -1;
  return direction > 0
    ? (marks.find((mark) => mark > from) ?? marks[0])
    : (marks.findLast((mark) => mark < from) ?? marks.at(-1));
}
