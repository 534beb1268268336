import { nanosToMillis } from '../../../../shared/model/units.ts';
import type { AssembledStep } from '../../telemetry/step-facts.ts';
import type { AnalysedRun } from '../analysed-run.ts';
import { found } from './finding.ts';
import type { FoundFinding } from './finding.ts';
import { costOfCalls } from './money.ts';

// Where most of a run's time or money went, where that is one thing.

const half = 0.5;
const longWaitMs = 30_000;
/** Of two steps one is always the longer. */
const fewestSteps = 4;
const longFrameworkMs = 10_000;
const frameworkShare = 0.4;

/** One step, or the program between the steps, that a long run waited for most of the time. */
export function* waits(run: AnalysedRun): Iterable<FoundFinding> {
  const { time } = run;
  if (time === undefined || !run.ended || run.ledger.entries.length === 0) return;
  if (time.frameworkMs >= longFrameworkMs && time.frameworkMs >= time.totalMs * frameworkShare) {
    const own = longestLeaf(run, ({ facts }) => facts.kind === 'chain' || facts.kind === 'other');
    const isOne = own !== undefined && durationOf(own) >= time.frameworkMs * half;
    yield found(
      {
        kind: 'waited',
        on: 'framework',
        ms: isOne ? durationOf(own) : time.frameworkMs,
        ofMs: time.totalMs,
        name: isOne ? own.facts.name.slice(0, 120) : '',
      },
      isOne ? [own.index] : [],
      { kind: 'none' },
    );
  }
  if (time.personMs >= longWaitMs && time.personMs >= time.totalMs * half)
    yield found({ kind: 'waited', on: 'person', ms: time.personMs, ofMs: time.totalMs, name: '' }, [], {
      kind: 'none',
    });
  if (run.ledger.entries.length + run.tools.length < fewestSteps) return;
  const longest = longestLeaf(run, ({ facts }) => facts.kind === 'llm' || facts.kind === 'tool');
  if (longest === undefined) return;
  const ms = durationOf(longest);
  if (ms < longWaitMs || ms < time.totalMs * half) return;
  yield found(
    {
      kind: 'waited',
      on: longest.facts.kind === 'llm' ? 'model' : 'tool',
      ms,
      ofMs: time.totalMs,
      name: longest.facts.name.slice(0, 120),
    },
    [longest.index],
    { kind: 'none' },
    { from: longest.requestedBy ?? longest.index, hint: { type: 'plain' } },
  );
}

function longestLeaf(run: AnalysedRun, isIt: (step: AssembledStep) => boolean): AssembledStep | undefined {
  const parents = new Set(run.steps.map(({ step }) => step.parentIndex));
  return run.steps
    .map(({ step }) => step)
    .filter((step) => isIt(step) && !parents.has(step.index))
    .toSorted((left, right) => durationOf(right) - durationOf(left))[0];
}

const durationOf = ({ startNs, endNs }: AssembledStep): number =>
  endNs === undefined ? 0 : nanosToMillis(endNs) - nanosToMillis(startNs);

const fewestCalls = 8;
const smallestSpend = 0.02;
const smallestTokens = 20_000;

/** One call of a model that took half of what a run of many calls took. */
export function* dominates(run: AnalysedRun): Iterable<FoundFinding> {
  if (!run.ended) return;
  const calls = run.ledger.entries.map(({ call }) => call);
  if (calls.length < fewestCalls) return;
  const costs = calls.flatMap(({ step, cost }) =>
    cost === undefined || cost.kind === 'none' ? [] : [{ step, amount: cost.usd }],
  );
  const byCost = costs.length === calls.length;
  const amounts = byCost
    ? costs
    : calls.map(({ step, usage }) => ({ step, amount: (usage.input ?? 0) + (usage.output ?? 0) }));
  const all = amounts.reduce((sum, { amount }) => sum + amount, 0);
  const largest = amounts.toSorted((left, right) => right.amount - left.amount)[0];
  if (largest === undefined || all < (byCost ? smallestSpend : smallestTokens) || largest.amount < all * half) return;
  yield found(
    {
      kind: 'dominates',
      of: byCost ? 'cost' : 'tokens',
      share: largest.amount / all,
      name: run.steps[largest.step]?.step.facts.name.slice(0, 120) ?? '',
    },
    [largest.step],
    byCost ? costOfCalls(run, [largest.step]) : { kind: 'unknown', why: 'the calls have no price' },
    { from: largest.step, hint: { type: 'plain' } },
  );
}

export function* credentials(run: AnalysedRun): Iterable<FoundFinding> {
  for (const { what, begins, where, callId, steps, call } of run.keys)
    yield found(
      { kind: 'credential', what, begins, where, places: steps.length },
      steps,
      { kind: 'none' },
      { from: call, hint: callId === undefined ? { type: 'plain' } : { type: 'hide-key', callId } },
    );
}
