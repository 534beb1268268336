import type { Outcome } from './oracle.ts';
import type { JudgedRun } from './trial.ts';

/** What became of many agents. */
export interface Tally {
  add(seed: number, run: JudgedRun): void;
  broke(seed: number, error: unknown): void;
  readonly lies: number;
  readonly runs: number;
  readonly isHeldLittle: boolean;
  readonly outcomes: ReadonlyMap<Outcome, number>;
  /** By kind, with the seeds in which it was found. */
  readonly faults: ReadonlyMap<string, readonly string[]>;
}

/** Where the oracle knows one right answer, at most so many runs may be held. */
const heldShare = 0.02;

export function createTally(): Tally {
  const outcomes = new Map<Outcome, number>();
  const faults = new Map<string, string[]>();
  let runs = 0;
  let lies = 0;
  let held = 0;
  const fault = (kind: string, where: string): void => {
    const list = faults.get(kind) ?? [];
    list.push(where);
    faults.set(kind, list);
  };
  return {
    add(seed, { name, verdicts }) {
      runs++;
      for (const { outcome, kind } of verdicts) {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        if (outcome === 'lie') lies++;
        if (outcome === 'held') held++;
        if (outcome === 'lie' || outcome === 'held' || outcome === 'held-open' || outcome === 'conservative')
          fault(`${outcome}: ${kind} [${name}]`, String(seed));
      }
    },
    broke(seed, error) {
      lies++;
      fault(`broken: ${String(error).replaceAll(/\d+/g, 'n').slice(0, 160)}`, String(seed));
    },
    get lies() {
      return lies;
    },
    get runs() {
      return runs;
    },
    get isHeldLittle() {
      return held <= runs * heldShare;
    },
    outcomes,
    faults,
  };
}

export function printTally(tally: Tally, print: (line: string) => void): void {
  print(
    `${tally.runs} re-runs. Calls: ${[...tally.outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ')}.`,
  );
  for (const [kind, seeds] of [...tally.faults].toSorted((a, b) => b[1].length - a[1].length))
    print(`${String(seeds.length).padStart(5)}  ${kind}: seeds ${[...new Set(seeds)].slice(0, 8).join(', ')}`);
}
