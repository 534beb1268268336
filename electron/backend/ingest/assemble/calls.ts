import type { Usage } from '../../../../shared/model/usage.ts';
import type { StepFacts } from '../../telemetry/step-facts.ts';
import { contains, failed, overlaps } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/** Calls to a model below a step, not looking into the tools and agents there: those work for themselves. */
interface CallsBelow {
  readonly count: number;
  /** The one, where there is one. */
  readonly only: StepNode;
  readonly withUsage: number;
  readonly input: number;
  readonly output: number;
}

/**
 * Decides which llm steps are calls to a model and which only wrap or repeat one (FACTS.md, Usage ownership).
 * Wrappers and copies become `chain`, so that a call is counted once; the deepest step with usage keeps it, and details that only
 * another copy had are added to it. `ordered` is in pre-order.
 */
export function settleCalls(ordered: readonly StepNode[]): void {
  const below = new Map<StepNode, CallsBelow>();
  for (let index = ordered.length - 1; index >= 0; index--) {
    const node = ordered[index];
    if (!node) continue;
    const inside = below.get(node);
    const passedUp = node.facts.kind === 'llm' && !node.facts.hidden ? settle(node, inside) : inside;
    if (!passedUp || !node.parent || node.facts.kind === 'tool' || node.facts.kind === 'agent') continue;
    const besides = below.get(node.parent);
    below.set(node.parent, besides ? join(besides, passedUp) : passedUp);
  }
  settleSiblings(ordered);
  settleCovered(ordered);
}

function callOf(node: StepNode): CallsBelow {
  const { usage } = node.facts;
  return { count: 1, only: node, withUsage: usage ? 1 : 0, input: usage?.input ?? 0, output: usage?.output ?? 0 };
}

function join(left: CallsBelow, right: CallsBelow): CallsBelow {
  return {
    count: left.count + right.count,
    only: left.withUsage > 0 ? left.only : right.only,
    withUsage: left.withUsage + right.withUsage,
    input: left.input + right.input,
    output: left.output + right.output,
  };
}

/** What the step's parent should see: the step itself, or the calls it only wraps. */
function settle(node: StepNode, inside: CallsBelow | undefined): CallsBelow {
  if (!inside) return callOf(node);
  const { usage } = node.facts;
  if (!usage) {
    wrap(node, undefined);
    if (inside.count === 1) fillFrom(inside.only, node.facts, false);
    return inside;
  }
  if (inside.withUsage === 0) {
    // Only the outer one knows what was used: the inner one is how it was sent. A failed attempt inside stays a call.
    if (inside.count === 1 && !failed(inside.only)) {
      fillFrom(node, inside.only.facts, false);
      inside.only.facts = { ...inside.only.facts, kind: 'chain', subKind: 'llm_echo' };
      return callOf(node);
    }
    return join(callOf(node), inside);
  }
  const sameSum = equalCounts(usage, inside.input, inside.output);
  const sameResponse = node.facts.responseId !== undefined && node.facts.responseId === inside.only.facts.responseId;
  if (inside.withUsage === 1 && (sameResponse || (sameSum && contains(node, inside.only)))) {
    fillFrom(inside.only, node.facts, true);
    wrap(node, 'duplicate');
    return inside;
  }
  if (sameSum) {
    wrap(node, 'rollup');
    return inside;
  }
  return join(callOf(node), inside);
}

function wrap(node: StepNode, role: 'duplicate' | 'rollup' | undefined): void {
  node.facts = { ...node.facts, kind: 'chain', subKind: 'llm_wrapper' };
  node.usageRole = role;
}

export function equalCounts(usage: Usage, input: number, output: number): boolean {
  return (usage.input ?? input) === input && (usage.output ?? output) === output;
}

/** Adds to a call what only another copy of it knew. Counts are added only when both copies counted the same. */
export function fillFrom(call: StepNode, other: StepFacts, sameCounts: boolean): void {
  const { facts } = call;
  call.facts = {
    ...facts,
    requestModel: facts.requestModel ?? other.requestModel,
    responseModel: facts.responseModel ?? other.responseModel,
    provider: facts.provider ?? other.provider,
    serverAddress: facts.serverAddress ?? other.serverAddress,
    serviceTier: facts.serviceTier ?? other.serviceTier,
    responseId: facts.responseId ?? other.responseId,
    reportedCostUsd: facts.reportedCostUsd ?? other.reportedCostUsd,
    finishReasons: facts.finishReasons.length > 0 ? facts.finishReasons : other.finishReasons,
    requestedTools: facts.requestedTools.length > 0 ? facts.requestedTools : other.requestedTools,
    ...(sameCounts && facts.usage && other.usage ? { usage: { ...other.usage, ...facts.usage } } : {}),
  };
}

/** Which of two copies of one call keeps its usage (7.1 rule 4). */
const richness: readonly (readonly [RegExp, number])[] = [
  [/genai|anthropic|vercel/, 3],
  [/openinference/, 2],
  [/openllmetry|langfuse/, 1],
];

function richnessOf(node: StepNode): number {
  const byConvention = richness.find(([convention]) => convention.test(node.facts.convention))?.[1] ?? 0;
  return byConvention * 100 + Object.keys(node.facts.usage ?? {}).length;
}

/** Two instrumentations of one client write the same response side by side. Mock servers repeat ids: another scope and the same time must agree. */
function settleSiblings(ordered: readonly StepNode[]): void {
  const byResponse = new Map<string, StepNode[]>();
  for (const node of ordered) {
    const { responseId, kind, hidden } = node.facts;
    if (kind !== 'llm' || hidden || responseId === undefined || node.usageRole) continue;
    const copies = byResponse.get(responseId);
    if (copies) copies.push(node);
    else byResponse.set(responseId, [node]);
  }
  for (const copies of byResponse.values()) {
    // Mock servers answer everything with one id: in pairs of neighbours only.
    for (let index = 1; index < copies.length; index++) {
      const first = copies[index - 1];
      const second = copies[index];
      if (
        !first ||
        !second ||
        first.facts.kind !== 'llm' ||
        first.span?.scopeName === second.span?.scopeName ||
        !overlaps(first, second)
      )
        continue;
      const [own, copy] = richnessOf(second) > richnessOf(first) ? [second, first] : [first, second];
      fillFrom(
        own,
        copy.facts,
        own.facts.usage !== undefined &&
          copy.facts.usage !== undefined &&
          equalCounts(own.facts.usage, copy.facts.usage.input ?? 0, copy.facts.usage.output ?? 0),
      );
      if (!own.facts.usage && copy.facts.usage)
        own.facts = { ...own.facts, usage: copy.facts.usage, usageBasis: copy.facts.usageBasis };
      copy.facts = { ...copy.facts, kind: 'chain', subKind: 'llm_duplicate' };
      if (copy.facts.usage) copy.usageRole = 'duplicate';
    }
  }
}

/** Usage repeated below the call that owns it: on transport and inner spans. */
function settleCovered(ordered: readonly StepNode[]): void {
  const covered = new Map<StepNode, boolean>();
  for (const node of ordered) {
    const { kind, hidden, usage } = node.facts;
    const above = node.parent !== undefined && covered.get(node.parent) === true;
    if (above && usage && !node.usageRole && kind !== 'llm' && kind !== 'agent' && kind !== 'tool')
      node.usageRole = 'duplicate';
    covered.set(
      node,
      kind === 'llm' && !hidden ? usage !== undefined || above : above && kind !== 'tool' && kind !== 'agent',
    );
  }
}
