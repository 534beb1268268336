import type { Nanos } from '../../../../shared/model/units.ts';
import { providerOfModel } from '../conventions/providers.ts';
import { endOf } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/** A call's span lies this deep in the one that it lasts for, at most. */
const deepest = 12;

/**
 * Puts steps where their emitter says that they belong (StepFacts.within): a call that is known only by its counts gets the start and the
 * model of the span around it, and a tool in a trace of its own goes under the tool that was running then. Before siblings are sorted.
 */
export function settleWithin(nodes: readonly StepNode[], roots: StepNode[]): void {
  const lost: StepNode[] = [];
  for (const node of nodes)
    if (node.origin === 'logs' && node.facts.kind === 'agent' && node.children.length === 0) standIn(node, roots);
  for (const node of nodes) {
    const { within, kind } = node.facts;
    if (within === undefined) continue;
    if (kind === 'llm') lastFor(node, within);
    else if (!below(node, within)) lost.push(node);
  }
  if (lost.length > 0) nest(lost, nodes, roots);
}

/** A turn that is known by its prompt only, in the middle of what it should be around: it takes the place of the parent that never came. */
function standIn(turn: StepNode, roots: StepNode[]): void {
  const top = rootOf(turn);
  if (top === turn || top.origin !== 'provisional' || !turn.parent) return;
  turn.parent.children = turn.parent.children.filter((child) => child !== turn);
  turn.parent = undefined;
  top.parent = turn;
  turn.children.push(top);
  roots.splice(roots.indexOf(top), 1, turn);
  if (top.startNs < turn.startNs) turn.startNs = top.startNs;
  // Nobody saw it end.
  turn.endNs = undefined;
}

function ancestorNamed(node: StepNode, name: string): StepNode | undefined {
  let ancestor = node.parent;
  for (let level = 0; ancestor && level < deepest; level++, ancestor = ancestor.parent)
    if (ancestor.rawName === name) return ancestor;
  return undefined;
}

function lastFor(node: StepNode, name: string): void {
  const around = ancestorNamed(node, name);
  if (!around) return;
  if (around.startNs < node.startNs) node.startNs = around.startNs;
  const requestModel = node.facts.requestModel ?? around.facts.requestModel;
  const provider = node.facts.provider ?? (requestModel === undefined ? undefined : providerOfModel(requestModel));
  node.facts = {
    ...node.facts,
    requestModel,
    provider,
    name: node.facts.name === node.rawName ? (requestModel ?? node.facts.name) : node.facts.name,
  };
}

function below(node: StepNode, name: string): boolean {
  for (let ancestor = node.parent; ancestor; ancestor = ancestor.parent)
    if (ancestor.facts.kind === 'tool' && ancestor.facts.name === name) return true;
  return false;
}

/** The whole tree that holds the tool moves, from its root down: what started it is in there. */
function nest(lost: readonly StepNode[], nodes: readonly StepNode[], roots: StepNode[]): void {
  const outer = nodes
    .filter(({ facts }) => facts.kind === 'tool' && !facts.hidden && facts.within === undefined)
    .toSorted((left, right) => (left.startNs < right.startNs ? -1 : 1));
  const moved = new Set<StepNode>();
  for (const node of lost) {
    let top = node;
    while (top.parent) top = top.parent;
    const host = running(
      outer.filter(({ facts }) => facts.name === node.facts.within),
      node.startNs,
    );
    if (!host || moved.has(top) || top === host || rootOf(host) === top) continue;
    moved.add(top);
    top.parent = host;
    host.children.push(top);
  }
  if (moved.size === 0) return;
  const kept = roots.filter((root) => !moved.has(root));
  roots.length = 0;
  for (const root of kept) roots.push(root);
}

function rootOf(node: StepNode): StepNode {
  let top = node;
  while (top.parent) top = top.parent;
  return top;
}

/** The last that started before and had not ended; `tools` by start. */
function running(tools: readonly StepNode[], atNs: Nanos): StepNode | undefined {
  return tools.findLast((tool) => tool.startNs <= atNs && endOf(tool) >= atNs);
}
