import type { StepKind } from '../../../../shared/model/step.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import { addNotice } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/** What the steps below own: of models that answer, which an agent's counts restate, and of the rest, which are no part of them. */
interface Below {
  readonly models: number;
  readonly others: number;
  /** Kinds of the rest. */
  readonly kinds: ReadonlySet<StepKind>;
}

const nothing: Below = { models: 0, others: 0, kinds: new Set() };

/** Models that do not answer: an agent reports what its llm used, and an embedding below it is counted by itself. */
const otherModels: ReadonlySet<StepKind> = new Set<StepKind>([
  'embedding',
  'rerank',
  'retrieval',
  'guardrail',
  'evaluator',
  'db',
  'http',
  'other',
]);

/**
 * Who owns each count (FACTS.md, Usage ownership): an llm step its own, what stands above counted llm steps restates them. An agent, chain
 * or tool with counts and no llm's below owns them, with a notice, unless they are those of the other models below. `ordered` is in
 * pre-order.
 */
export function assignUsage(ordered: readonly StepNode[]): void {
  const ownedBelow = new Map<StepNode, Below>();
  for (let index = ordered.length - 1; index >= 0; index--) {
    const node = ordered[index];
    if (!node) continue;
    const below = ownedBelow.get(node);
    const { usage, kind } = node.facts;
    if (usage && node.usageRole === undefined) {
      if (kind === 'llm' && !node.facts.hidden) ownOrRefused(node);
      else if (below === undefined || !isRollup(kind, usage, below)) own(node);
      else node.usageRole = 'rollup';
    }
    if (usage && node.usageRole === 'rollup' && below !== undefined)
      noticeUnattributed(node, usage, below.models + below.others);
    const owned = usage && node.usageRole === 'own' ? add(below ?? nothing, kind, tokensOf(usage)) : below;
    if (owned === undefined || !node.parent) continue;
    const besides = ownedBelow.get(node.parent);
    ownedBelow.set(node.parent, besides ? join(besides, owned) : owned);
  }
}

/** A request that was refused is not billed, whatever the client counted before (langfuse#8775); a stream that broke off is. */
function ownOrRefused(node: StepNode): void {
  if (!isRefused(node)) {
    node.usageRole = 'own';
    return;
  }
  addNotice(
    node,
    'refused-request',
    'The request was refused: its tokens are what the client counted before it sent them. They were not billed, and are not in the totals.',
  );
}

/** Broke off, or was broken off, after the model had begun. */
const brokenOff = /abort|cancel|interrupt|time.?out|timed.?out|disconnect|connection|stream|reset/i;

function isRefused({ facts }: StepNode): boolean {
  const { usage, error, finishReasons, requestedTools, status } = facts;
  return (
    status === 'error' &&
    (usage?.output ?? 0) === 0 &&
    requestedTools.length === 0 &&
    finishReasons.every((reason) => reason === 'error' || reason === 'content_filter') &&
    !brokenOff.test(`${error?.type ?? ''} ${error?.message?.slice(0, 500) ?? ''}`)
  );
}

function isRollup(kind: StepKind, usage: Usage, below: Below): boolean {
  if (below.models > 0 || below.kinds.has(kind)) return true;
  return tokensOf(usage) <= below.others;
}

function add(below: Below, kind: StepKind, tokens: number): Below {
  return otherModels.has(kind)
    ? { ...below, others: below.others + tokens, kinds: new Set([...below.kinds, kind]) }
    : { ...below, models: below.models + tokens };
}

function join(left: Below, right: Below): Below {
  return {
    models: left.models + right.models,
    others: left.others + right.others,
    kinds: right.kinds.size === 0 ? left.kinds : new Set([...left.kinds, ...right.kinds]),
  };
}

function own(node: StepNode): void {
  node.usageRole = 'own';
  const { kind } = node.facts;
  if (kind === 'agent' || kind === 'chain' || kind === 'tool') {
    addNotice(
      node,
      'usage-on-agent',
      `The client sent tokens for this ${kind} only, not for the model calls below it: they are counted here.`,
    );
  }
}

/** Sampling, hidden sub-agents and lifetime totals: what nobody below accounts for is said, not added. */
function noticeUnattributed(node: StepNode, usage: Usage, below: number): void {
  const stated = tokensOf(usage);
  const missing = stated - below;
  if (missing <= stated * 0.01) return;
  addNotice(
    node,
    'usage-unattributed',
    `This step reports ${missing} tokens more than the steps below it account for. They are not in the totals.`,
  );
}

function tokensOf(usage: Usage): number {
  return (usage.input ?? 0) + (usage.output ?? 0);
}
