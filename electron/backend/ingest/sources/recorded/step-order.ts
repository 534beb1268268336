import type { RecordedRun, RecordedStep } from './recorded-run.ts';

/** Where a run stands that has no time: 2000-01-01, before any agent, so that it is not taken for a real one. */
export const unknownStartNs = 946_684_800_000_000_000n;
/** A step whose duration is not known. */
export const stepNs = 1_000_000n;
/** Steps of one run: the longest real trajectories have a few hundred. */
export const maximumSteps = 100_000;
/** A deeper step hangs beside the one that stands so deep: no real run nests so far, and a hostile one must not take the stack of what reads it. */
export const maximumStepDepth = 100;

/** A step in the order of the run: each step before its children, these before its next sibling. */
export interface PlacedStep {
  readonly step: RecordedStep;
  /** Place in the list of the step around it; undefined: the run itself. */
  readonly parent: number | undefined;
  /** 0: directly in the run. */
  readonly depth: number;
}

/** The steps of a run as a list, at most `maximumSteps`; without recursion. `leftOut`: how many more there are. */
export function placeSteps(steps: readonly RecordedStep[]): {
  readonly placed: readonly PlacedStep[];
  readonly leftOut: number;
} {
  const placed: PlacedStep[] = [];
  let leftOut = 0;
  const open: { readonly steps: readonly RecordedStep[]; next: number; readonly parent: number | undefined }[] = [
    { steps, next: 0, parent: undefined },
  ];
  for (;;) {
    const level = open.at(-1);
    if (level === undefined) return { placed, leftOut };
    const step = level.steps[level.next];
    if (step === undefined) {
      open.pop();
      continue;
    }
    level.next += 1;
    const depth = level.parent === undefined ? 0 : (placed[level.parent]?.depth ?? 0) + 1;
    if (placed.length < maximumSteps) placed.push({ step, parent: level.parent, depth });
    else leftOut += 1;
    if (step.children === undefined || step.children.length === 0) continue;
    // Steps that are left out are counted with all that is in them.
    const parent = depth < maximumStepDepth ? placed.length - 1 : level.parent;
    open.push({ steps: step.children, next: 0, parent });
  }
}

export interface StepTimes {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

/** Times of the run, and of each placed step. */
export function timesOf(
  run: Pick<RecordedRun, 'startNs' | 'durationNs' | 'times'>,
  placed: readonly PlacedStep[],
): { readonly run: StepTimes; readonly steps: readonly StepTimes[] } {
  const measured = run.times === 'clock';
  const startNs = run.startNs ?? (measured ? earliest(placed) : undefined) ?? unknownStartNs;
  const steps: { startNs: bigint; endNs: bigint }[] = [];
  const open: number[] = [];
  /** End of the step before, or start of the one around. */
  let now = startNs;
  let last = startNs;
  const close = (): void => {
    const index = open.pop();
    const times = index === undefined ? undefined : steps[index];
    if (index === undefined || times === undefined) return;
    const { durationNs, children } = placed[index]?.step ?? {};
    const hasChildren = children !== undefined && children.length > 0;
    const own = times.startNs + (durationNs ?? (hasChildren ? 0n : stepNs));
    // A measured duration stands; else a step lasts at least as long as what is in it.
    const isMeasured = measured && durationNs !== undefined;
    times.endNs = isMeasured ? own : later(own, measured ? times.endNs : now);
    const around = steps[open.at(-1) ?? -1];
    if (around !== undefined) around.endNs = later(around.endNs, times.endNs);
    now = times.endNs;
    last = later(last, now);
  };
  for (const { step, depth } of placed) {
    while (open.length > depth) close();
    // A clock of whole seconds may stand behind the steps before: order comes first, unless the times are measured.
    const start = step.startNs !== undefined && (measured || step.startNs > now) ? step.startNs : now;
    open.push(steps.length);
    steps.push({ startNs: start, endNs: start });
    now = start;
  }
  while (open.length > 0) close();
  const end = run.durationNs !== undefined ? startNs + run.durationNs : placed.length === 0 ? startNs + stepNs : last;
  return { run: { startNs, endNs: end }, steps };
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function earliest(placed: readonly PlacedStep[]): bigint | undefined {
  let found: bigint | undefined;
  for (const { step } of placed)
    if (step.startNs !== undefined && (found === undefined || step.startNs < found)) found = step.startNs;
  return found;
}
