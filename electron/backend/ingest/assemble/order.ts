import type { StepKind } from '../../../../shared/model/step.ts';
import { startsSubAgent } from '../conventions/convention.ts';
import { endOf, isTool, overlaps } from './step-node.ts';
import type { StepNode, ToolRequest } from './step-node.ts';

/**
 * Siblings: by start, then the emitter's own order where both have one, then end, arrival and id. Clients with a
 * clock of milliseconds start parallel calls at the same time, so a tie is common (FACTS.md, Order and tool links).
 */
export function compareSiblings(left: StepNode, right: StepNode): number {
  if (left.startNs !== right.startNs) return left.startNs < right.startNs ? -1 : 1;
  const leftOrder = left.facts.siblingOrder;
  const rightOrder = right.facts.siblingOrder;
  if (leftOrder !== undefined && rightOrder !== undefined && leftOrder !== rightOrder) return leftOrder - rightOrder;
  const leftEnd = endOf(left);
  const rightEnd = endOf(right);
  if (leftEnd !== rightEnd) return leftEnd < rightEnd ? -1 : 1;
  return left.arrival - right.arrival || (left.id < right.id ? -1 : 1);
}

export function sortForest(nodes: readonly StepNode[], roots: StepNode[]): void {
  roots.sort(compareSiblings);
  for (const node of nodes) if (node.children.length > 1) node.children.sort(compareSiblings);
}

/** Pre-order, without recursion: a hostile trace can be one chain of a hundred thousand spans. */
export function preOrder(roots: readonly StepNode[]): StepNode[] {
  const ordered: StepNode[] = [];
  const stack = roots.toReversed();
  for (let node = stack.pop(); node; node = stack.pop()) {
    ordered.push(node);
    for (let index = node.children.length - 1; index >= 0; index--) {
      const child = node.children[index];
      if (child) stack.push(child);
    }
  }
  return ordered;
}

/**
 * Nearest agent of every step, itself included. A tool that starts a sub-agent, where the client has no span for that one (Claude Code),
 * stands for it: what lies inside is the sub-agent's.
 */
export function assignAgents(ordered: readonly StepNode[]): void {
  for (const node of ordered) {
    const { parent } = node;
    const startedIt = parent?.facts.subKind === startsSubAgent && isTool(parent) ? parent : parent?.agent;
    node.agent = node.facts.kind === 'agent' ? node : startedIt;
  }
}

/** How far a tool step may sit below what its answer's other tool steps sit beside (LangGraph wraps each in a task). */
const longestLift = 8;

/**
 * Tools that one answer asked for are a parallel group, shown in the order the model wrote them, whatever started first.
 * Beyond those, steps of one kind that overlap under one parent are a group in the order of their start.
 */
export function groupParallel(nodes: readonly StepNode[], roots: StepNode[], requests: readonly ToolRequest[]): void {
  let group = 0;
  const byAnswer = new Map<StepNode, StepNode[]>();
  for (const request of requests) {
    const tools = byAnswer.get(request.llm) ?? [];
    for (const tool of request.tools) tools.push(tool);
    byAnswer.set(request.llm, tools);
  }
  const positions = new Map<StepNode, number>();
  for (const [position, root] of roots.entries()) positions.set(root, position);
  for (const { children } of nodes) for (const [position, child] of children.entries()) positions.set(child, position);
  for (const [llm, tools] of byAnswer) {
    if (tools.length < 2) continue;
    for (const tool of tools) tool.parallelGroup = group;
    group += 1;
    reorder(tools, { asking: llm, roots, positions });
  }
  groupOverlapping(roots, () => group++);
  for (const node of nodes) if (node.children.length > 1) groupOverlapping(node.children, () => group++);
}

/**
 * Puts the tools into the order given, moving no other sibling. Each moves with the largest subtree that holds no other of them, nor the
 * answer that asked for them.
 */
function reorder(
  tools: readonly StepNode[],
  { asking, roots, positions }: { asking: StepNode; roots: StepNode[]; positions: Map<StepNode, number> },
): void {
  const shared = new Map<StepNode, number>();
  for (
    let ancestor = asking.parent, level = 0;
    ancestor && level < longestLift * 2;
    level++, ancestor = ancestor.parent
  )
    shared.set(ancestor, 1);
  for (const tool of tools) {
    let ancestor = tool.parent;
    for (let level = 0; ancestor && level < longestLift; level++, ancestor = ancestor.parent)
      shared.set(ancestor, (shared.get(ancestor) ?? 0) + 1);
  }
  const moved = new Map<StepNode | undefined, StepNode[]>();
  for (const tool of tools) {
    let top = tool;
    for (let level = 0; top.parent && shared.get(top.parent) === 1 && level < longestLift; level++) top = top.parent;
    const list = moved.get(top.parent);
    if (list) list.push(top);
    else moved.set(top.parent, [top]);
  }
  for (const [parent, wanted] of moved) {
    if (wanted.length < 2) continue;
    const siblings = parent ? parent.children : roots;
    const places = wanted.map((sibling) => positions.get(sibling) ?? 0).toSorted((left, right) => left - right);
    for (const [index, sibling] of wanted.entries()) {
      const place = places[index] ?? 0;
      siblings[place] = sibling;
      positions.set(sibling, place);
    }
  }
}

/** Levels that are looked up from a step: a trace is hostile. */
const deepest = 256;

/**
 * A tool comes after the answer that asked for it, whatever tree it hangs in: where the tree has it before, it goes right behind that
 * answer, with the largest subtree that asks no model. Only what is out of order is touched.
 */
export function placeAfterAnswers(roots: StepNode[], requests: readonly ToolRequest[]): void {
  const ordered = preOrder(roots);
  const positions = new Map(ordered.map((node, position) => [node, position]));
  const early = requests.flatMap((request) =>
    request.tools
      .filter((tool) => (positions.get(tool) ?? 0) < (positions.get(request.llm) ?? 0))
      .map((tool) => ({ tool, llm: request.llm })),
  );
  if (early.length === 0) return;
  const asking = new Set<StepNode>();
  for (const node of ordered.toReversed()) {
    if (node.facts.kind === 'llm' && !node.facts.hidden) asking.add(node);
    if (node.parent && asking.has(node)) asking.add(node.parent);
  }
  /** Behind what the next tool of an answer goes. */
  const last = new Map<StepNode, StepNode>();
  for (const { tool, llm } of early) {
    const path = ancestorsOf(llm);
    // The answer lies within the tool: it asked for what it is part of, which no order can show.
    if (path === undefined || path.has(tool)) continue;
    let top = tool;
    for (let level = 0; top.parent && !path.has(top.parent) && !asking.has(top.parent) && level < deepest; level++)
      top = top.parent;
    let common = top.parent;
    for (let level = 0; common && !path.has(common) && level < deepest; level++) common = common.parent;
    const branch = path.get(common) ?? llm;
    const from = top.parent ? top.parent.children : roots;
    const to = common ? common.children : roots;
    const anchor = last.get(llm) ?? branch;
    const at = from.indexOf(top);
    if (at < 0 || !to.includes(anchor)) continue;
    from.splice(at, 1);
    to.splice(to.indexOf(anchor) + 1, 0, top);
    top.parent = common;
    last.set(llm, top);
  }
}

/** What a step lies in, each with the branch that leads to the step; undefined stands for the roots. Too deep: undefined. */
function ancestorsOf(node: StepNode): ReadonlyMap<StepNode | undefined, StepNode> | undefined {
  const path = new Map<StepNode | undefined, StepNode>();
  let branch = node;
  for (let level = 0; level < deepest; level++) {
    path.set(branch.parent, branch);
    if (!branch.parent) return path;
    branch = branch.parent;
  }
  return undefined;
}

const parallelKinds: ReadonlySet<StepKind> = new Set<StepKind>([
  'agent',
  'llm',
  'tool',
  'retrieval',
  'embedding',
  'rerank',
]);

function groupOverlapping(siblings: readonly StepNode[], nextGroup: () => number): void {
  const last = new Map<StepKind, StepNode>();
  for (const node of siblings) {
    const { kind, hidden } = node.facts;
    if (hidden || !parallelKinds.has(kind) || node.parallelGroup !== undefined || node.span === undefined) continue;
    const before = last.get(kind);
    if (before && overlaps(before, node)) {
      before.parallelGroup ??= nextGroup();
      node.parallelGroup = before.parallelGroup;
    }
    // The one that lasts longest decides whether the next one overlaps.
    if (!before || endOf(node) >= endOf(before) || node.parallelGroup === undefined) last.set(kind, node);
  }
}
