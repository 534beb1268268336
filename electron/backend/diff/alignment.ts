import type { Alignment, PairState, StepPair } from '../../../shared/model/comparison.ts';
import { alignSteps } from './align.ts';
import type { AlignedPair, AlignOptions } from './align.ts';
import { findCauses } from './causes.ts';
import type { JudgedPair } from './causes.ts';
import type { ComparableStep } from './comparable-step.ts';
import { firstDivergence } from './divergence.ts';
import type { Relation } from './lineage.ts';
import { compareSteps } from './pair-states.ts';
import { findRetries } from './retries.ts';
import { runA, runB, runWords } from './run-words.ts';

/** What takes changed, for the pairs where it shows. */
export interface SaidEdits {
  readonly edited: readonly {
    readonly side: 'a' | 'b';
    readonly step: number;
    /** A few words: "instructions edited". */
    readonly words: string;
    readonly byHand: boolean;
  }[];
  readonly editedTools: Relation['editedTools'];
}

const noEdits: SaidEdits = { edited: [], editedTools: [] };

/** Two runs' steps aligned and judged: states, causes and the first divergence. Pure. */
export function compareRuns(
  a: readonly ComparableStep[],
  b: readonly ComparableStep[],
  options: AlignOptions,
  edits: SaidEdits = noEdits,
): Pick<Alignment, 'pairs' | 'firstDivergence' | 'sharedPrefix'> {
  const aligned = alignSteps(a, b, options);
  const retriesA = findRetries(a);
  const retriesB = findRetries(b);
  const framesA = framesOf(
    a,
    new Set(aligned.flatMap((pair) => (pair.a !== undefined && pair.b !== undefined ? [pair.a] : []))),
  );
  const framesB = framesOf(
    b,
    new Set(aligned.flatMap((pair) => (pair.a !== undefined && pair.b !== undefined ? [pair.b] : []))),
  );
  const judged = aligned.map((pair): EditablePair => {
    const frame = pair.a === undefined ? framesB.has(pair.b ?? -1) : pair.b === undefined && framesA.has(pair.a);
    return { ...judge(pair, a, b, retriesA, retriesB), frame };
  });
  tellEdits(judged, edits);
  const causes = findCauses(judged);
  const divergence = firstDivergence(judged, causes);
  return {
    pairs: judged.map((pair, at) => plainPair(pair, causes[at])),
    sharedPrefix: Math.min(options.shared, a.length, b.length),
    ...(divergence ? { firstDivergence: divergence } : {}),
  };
}

type EditablePair = { -readonly [Name in keyof JudgedPair]: JudgedPair[Name] };

/** Says at each pair what was changed there. */
function tellEdits(pairs: readonly EditablePair[], { edited, editedTools }: SaidEdits): void {
  const pairOf = (side: 'a' | 'b', step: number): number => pairs.findIndex((pair) => pair[side] === step);
  const said = new Map<EditablePair, { readonly words: string; readonly run: string }[]>();
  for (const { side, step, words, byHand } of edited) {
    const pair = pairs[pairOf(side, step)];
    if (!pair) continue;
    said.set(pair, [...(said.get(pair) ?? []), { words, run: side === 'a' ? runA : runB }]);
    pair.byHand = byHand || pair.byHand === true;
  }
  for (const [pair, clauses] of said) {
    const [first, second] = clauses;
    pair.edits =
      first && first.words === second?.words
        ? `${first.words} in ${first.run} and in ${second.run}`
        : clauses.map(({ words, run }) => `${words} in ${run}`).join(', ');
  }
  for (const { side, step, at } of editedTools) {
    const pair = pairs[pairOf(side, step)];
    const where = pairOf(side, at);
    // Where both were edited alike nothing was.
    if (pair?.state !== 'changed' || pairs[where]?.edits === undefined) continue;
    pair.edits = `result as edited for step ${at} of ${side === 'a' ? runA : runB}`;
    pair.editedAt = where;
  }
}

/** Containers around a step that has a partner, and wrappers around anything: what is inside is what happened. Parents come before their children. */
function framesOf(steps: readonly ComparableStep[], paired: ReadonlySet<number>): ReadonlySet<number> {
  const around = new Set<number>();
  const wrappers = new Set<number>();
  for (const { index, parent, hidden } of steps.toReversed()) {
    const above = parent === undefined ? undefined : steps[parent];
    if (!above) continue;
    if (around.has(index) || (!hidden && paired.has(index))) around.add(above.index);
    if ((above.kind === 'chain' || above.kind === 'other') && (!hidden || wrappers.has(index)))
      wrappers.add(above.index);
  }
  return new Set([...around, ...wrappers]);
}

function judge(
  pair: AlignedPair,
  a: readonly ComparableStep[],
  b: readonly ComparableStep[],
  retriesA: ReadonlySet<number>,
  retriesB: ReadonlySet<number>,
): Omit<JudgedPair, 'frame'> {
  const stepA = pair.a === undefined ? undefined : a[pair.a];
  const stepB = pair.b === undefined ? undefined : b[pair.b];
  const base = {
    a: pair.a,
    b: pair.b,
    stepA,
    stepB,
    confidence: pair.confidence,
    ...(pair.pinned ? { pinned: true } : {}),
    ...(pair.by === undefined ? {} : { lineage: pair.by }),
  };
  if (stepA && stepB) {
    const { differs, ignored } = pair.shared ? { differs: [], ignored: [] } : compareSteps(stepA, stepB);
    const state: PairState = pair.moved ? 'moved' : differs.length > 0 ? 'changed' : 'same';
    return { ...base, state, differs: [...differs], ignored: [...ignored] };
  }
  const retry = (pair.a !== undefined && retriesA.has(pair.a)) || (pair.b !== undefined && retriesB.has(pair.b));
  return { ...base, state: retry ? 'retry' : stepA ? 'removed' : 'added', differs: [], ignored: [] };
}

function plainPair(
  { a, b, state, differs, confidence, ignored, pinned, lineage, edits }: JudgedPair,
  cause: number | undefined,
): StepPair {
  return {
    state,
    differs,
    confidence,
    ignored,
    ...(a === undefined ? {} : { a }),
    ...(b === undefined ? {} : { b }),
    ...(cause === undefined ? {} : { cause }),
    ...(pinned === true ? { pinned } : {}),
    ...(lineage === undefined ? {} : { lineage }),
    ...(edits === undefined ? {} : { edits: runWords(edits) }),
  };
}
