import { fillFrom } from './calls.ts';
import { failed } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/**
 * A stream that is told in two spans beside each other: one until the first bytes, with what was asked, and one when all had been read, with the
 * answer and the counts (Logfire; `subKind` stream_end). The second is the call, and it began when the first one did. `ordered` is in pre-order,
 * so that what began first is met first.
 */
export function joinStreamEnds(ordered: readonly StepNode[]): void {
  const openings = new Map<StepNode | undefined, StepNode[]>();
  for (const node of ordered) {
    const { kind, subKind, hidden } = node.facts;
    if (kind !== 'llm' || hidden) continue;
    if (subKind !== 'stream_end') {
      if (!isOpening(node)) continue;
      const known = openings.get(node.parent);
      if (known) known.push(node);
      else openings.set(node.parent, [node]);
      continue;
    }
    const waiting = openings.get(node.parent) ?? [];
    const at = waiting.findIndex((opening) => opening.span?.scopeName === node.span?.scopeName);
    const [opening] = at === -1 ? [] : waiting.splice(at, 1);
    if (!opening) continue;
    fillFrom(node, opening.facts, false);
    node.startNs = opening.startNs;
    opening.facts = { ...opening.facts, kind: 'chain', subKind: 'llm_duplicate', hidden: true };
  }
}

/** Nothing of an answer: it may have gone on as a stream. */
function isOpening(node: StepNode): boolean {
  const { usage, responseId, requestedTools, answerBegins } = node.facts;
  return (
    usage === undefined &&
    responseId === undefined &&
    requestedTools.length === 0 &&
    answerBegins === undefined &&
    !failed(node)
  );
}
