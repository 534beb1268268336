import { compareCounts } from './same-call.ts';
import { isCall } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/** A call's span lies this deep in the step that holds its response, at most. */
const deepest = 12;

/**
 * A framework's step around a call may hold the response itself, with details that the call's span leaves out (LangGraph under OpenLLMetry:
 * reasoning). Joined by the response's id, where the sums are the same: mock servers repeat ids. After calls are settled.
 */
export function fillHeldCounts(ordered: readonly StepNode[]): void {
  for (const node of ordered) {
    const { responseId, usage } = node.facts;
    if (!isCall(node) || responseId === undefined || !usage) continue;
    const held = heldAround(node, responseId);
    if (held && compareCounts(usage, held) === 'equal') node.facts = { ...node.facts, usage: { ...held, ...usage } };
  }
}

function heldAround(call: StepNode, responseId: string) {
  let around = call.parent;
  for (let level = 0; around && level < deepest; level++, around = around.parent) {
    const found = around.facts.heldCounts?.find((held) => held.responseId === responseId);
    if (found) return found.usage;
  }
  return undefined;
}
