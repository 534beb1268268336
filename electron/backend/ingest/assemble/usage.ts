import type { Usage } from '../../../../shared/model/usage.ts';
import { addNotice } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/**
 * Who owns each count (FACTS.md, Usage ownership): an llm step its own, anything above counted steps restates them.
 * An agent, chain or tool with counts and none below owns them, with a notice. `ordered` is in pre-order.
 */
export function assignUsage(ordered: readonly StepNode[]): void {
  const ownedBelow = new Map<StepNode, number>();
  for (let index = ordered.length - 1; index >= 0; index--) {
    const node = ordered[index];
    if (!node) continue;
    const below = ownedBelow.get(node);
    let owned = below;
    const { usage } = node.facts;
    if (usage && node.usageRole === undefined) {
      if (node.facts.kind === 'llm' && !node.facts.hidden) node.usageRole = 'own';
      else if (below === undefined) own(node);
      else node.usageRole = 'rollup';
    }
    if (usage && node.usageRole === 'own') owned = (owned ?? 0) + tokensOf(usage);
    if (usage && node.usageRole === 'rollup' && below !== undefined) noticeUnattributed(node, usage, below);
    if (owned === undefined || !node.parent) continue;
    ownedBelow.set(node.parent, (ownedBelow.get(node.parent) ?? 0) + owned);
  }
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
