import { nanos } from '../../../../shared/model/units.ts';
import { addNotice, endOf } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/** Clocks of two machines that differ by more than this are told apart from slow networks. */
export const largestSkew = 50_000_000n;

/**
 * A server's span outside the time of the request that it answers was written by another clock: it is put into the middle of the
 * request, as Jaeger's query service does, with all that is below it, or the run would seem to last as long as the clocks differ. The
 * span itself keeps its times, and the step says by how much it was moved. Before siblings are sorted; without recursion.
 */
export function settleSkew(roots: readonly StepNode[]): void {
  const stack = roots.map((node): readonly [StepNode, bigint] => [node, 0n]);
  for (let next = stack.pop(); next; next = stack.pop()) {
    const [node, offset] = next;
    if (offset !== 0n) move(node, offset);
    const own = skewOf(node);
    if (own !== 0n) {
      move(node, own);
      addNotice(
        node,
        'clock-skew',
        `The clock of this step's machine is ${seconds(own)} ${own < 0n ? 'ahead of' : 'behind'} its caller's: it stands in the middle of the request.`,
      );
    }
    for (const child of node.children) stack.push([child, offset + own]);
  }
}

/** Span.SpanKind. */
const [server, client] = [2, 3];

function skewOf(node: StepNode): bigint {
  const { span, parent, startNs, endNs } = node;
  if (!span || !parent?.span || parent.endNs === undefined || endNs === undefined) return 0n;
  const isAnswer = span.spanKind === server || (span.parentRemote && parent.span.spanKind === client);
  const isOutside =
    startNs > parent.endNs + largestSkew ||
    startNs + largestSkew < parent.startNs ||
    endNs + largestSkew < parent.startNs;
  if (!isAnswer || !isOutside) return 0n;
  const room = endOf(parent) - parent.startNs - (endNs - startNs);
  return parent.startNs + (room > 0n ? room / 2n : 0n) - startNs;
}

function move(node: StepNode, offset: bigint): void {
  node.startNs = nanos(node.startNs + offset);
  node.endNs = node.endNs === undefined ? undefined : nanos(node.endNs + offset);
}

function seconds(offset: bigint): string {
  const milliseconds = Number((offset < 0n ? -offset : offset) / 1_000_000n);
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}
