import type { TimeSpent } from '../../../shared/model/finding.ts';
import type { StepKind } from '../../../shared/model/step.ts';
import { nanosToMillis } from '../../../shared/model/units.ts';
import type { AssembledStep } from '../telemetry/step-facts.ts';

const toolKinds: ReadonlySet<StepKind> = new Set<StepKind>([
  'tool',
  'retrieval',
  'embedding',
  'rerank',
  'guardrail',
  'evaluator',
  'http',
  'db',
]);
/** Spans that clients write while a person is asked (Claude Code: `claude_code.tool.blocked_on_user`). */
const personNames = /blocked_on_user|waiting_for_(?:user|approval)|human_in_the_loop/i;

const sides = ['model', 'person', 'tool', 'untimed'] as const;
type Side = (typeof sides)[number];

/**
 * Where the time between the first and the last moment of a run went, each moment once: on a model while one answers, else on a person
 * who is asked, else on a tool that runs, else on the program between them. Undefined where the file has no times.
 */
export function timeSpent(steps: readonly AssembledStep[]): TimeSpent | undefined {
  const holders = holdersOfCalls(steps);
  const moments: { readonly at: number; readonly side: Side; readonly by: 1 | -1 }[] = [];
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    if (step.facts.knownTimes !== undefined) return undefined;
    const start = nanosToMillis(step.startNs);
    const end = step.endNs === undefined ? start : nanosToMillis(step.endNs);
    first = Math.min(first, start);
    last = Math.max(last, end);
    const side = sideOf(step, holders);
    if (side === undefined || end <= start) continue;
    moments.push({ at: start, side, by: 1 }, { at: end, side, by: -1 });
  }
  if (!(last > first)) return undefined;
  for (const { from, to } of untimedTools(steps))
    moments.push({ at: from, side: 'untimed', by: 1 }, { at: to, side: 'untimed', by: -1 });
  const spent = new Map<Side, number>();
  const active = new Map<Side, number>();
  moments.sort((left, right) => left.at - right.at);
  for (const [position, { at, side, by }] of moments.entries()) {
    active.set(side, (active.get(side) ?? 0) + by);
    const next = moments[position + 1]?.at ?? at;
    const on = sides.find((one) => (active.get(one) ?? 0) > 0);
    if (on !== undefined) spent.set(on, (spent.get(on) ?? 0) + next - at);
  }
  const modelMs = spent.get('model') ?? 0;
  const personMs = spent.get('person') ?? 0;
  const toolMs = spent.get('tool') ?? 0;
  const idleMs = idleIn(moments, first, last);
  const untimedMs = spent.get('untimed') ?? 0;
  const totalMs = last - first;
  const frameworkMs = Math.max(0, totalMs - modelMs - personMs - toolMs - untimedMs - idleMs);
  return { totalMs, modelMs, personMs, toolMs, untimedMs, idleMs, frameworkMs };
}

const longIdleMs = 60_000;

/** `moments` in order. */
function idleIn(moments: readonly { readonly at: number; readonly by: 1 | -1 }[], first: number, last: number): number {
  let active = 0;
  let since = first;
  let idle = 0;
  for (const { at, by } of [...moments, { at: last, by: 1 as const }]) {
    if (active === 0 && at - since >= longIdleMs) idle += at - since;
    active += by;
    if (active === 0) since = at;
  }
  return idle;
}

function sideOf(step: AssembledStep, holders: ReadonlySet<number>): Side | undefined {
  const { kind } = step.facts;
  if (kind === 'llm') return 'model';
  if (personNames.test(step.rawName)) return 'person';
  return toolKinds.has(kind) && !holders.has(step.index) ? 'tool' : undefined;
}

/** Tools that are known from messages alone ran at some time between the answer that asked for them and the next call of a model. */
function untimedTools(steps: readonly AssembledStep[]): { readonly from: number; readonly to: number }[] {
  const askers = new Set(
    steps.flatMap(({ facts, origin, requestedBy }) =>
      facts.kind === 'tool' && origin === 'messages' && requestedBy !== undefined ? [requestedBy] : [],
    ),
  );
  const found: { readonly from: number; readonly to: number }[] = [];
  let nextCall: number | undefined;
  for (const step of steps.toReversed()) {
    if (step.facts.kind !== 'llm') continue;
    const { endNs } = step;
    if (askers.has(step.index) && endNs !== undefined && nextCall !== undefined && nextCall > nanosToMillis(endNs))
      found.push({ from: nanosToMillis(endNs), to: nextCall });
    nextCall = nanosToMillis(step.startNs);
  }
  return found;
}

/** Steps that hold a model call at any depth: a sub-agent that is called as a tool is not itself what is waited for. */
function holdersOfCalls(steps: readonly AssembledStep[]): ReadonlySet<number> {
  const holders = new Set<number>();
  for (const step of steps.toReversed()) {
    if (step.parentIndex !== undefined && (step.facts.kind === 'llm' || holders.has(step.index)))
      holders.add(step.parentIndex);
  }
  return holders;
}
