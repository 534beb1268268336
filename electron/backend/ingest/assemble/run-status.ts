import type { RunStatus } from '../../../../shared/model/run.ts';
import type { StepKind } from '../../../../shared/model/step.ts';
import { endOf, failed, isCall } from './step-node.ts';
import type { StepNode } from './step-node.ts';

const rootRank: ReadonlyMap<StepKind, number> = new Map<StepKind, number>([
  ['agent', 4],
  ['chain', 3],
  ['llm', 2],
]);

/** The root that speaks for the run: agent before chain before llm, then the earliest, then the longest (FACTS.md, Roots and status). */
export function primaryRoot(roots: readonly StepNode[]): StepNode | undefined {
  let best: StepNode | undefined;
  for (const root of roots.flatMap(ofProvisional)) {
    if (root.span !== undefined && (!best || isBefore(root, best))) best = root;
  }
  return best;
}

const ofProvisional = (node: StepNode): readonly StepNode[] => (node.origin === 'provisional' ? node.children : [node]);

/** Agents that run one after the other in one trace: the run is all of them. */
const isFailedAgent = (node: StepNode): boolean =>
  node.span !== undefined && node.facts.kind === 'agent' && !node.facts.hidden && failed(node);

function isBefore(left: StepNode, right: StepNode): boolean {
  // What a client does inside says nothing of the run, unless there is nothing else.
  if (left.facts.hidden !== right.facts.hidden) return right.facts.hidden;
  const byKind = (rootRank.get(left.facts.kind) ?? 1) - (rootRank.get(right.facts.kind) ?? 1);
  if (byKind !== 0) return byKind > 0;
  return left.startNs !== right.startNs ? left.startNs < right.startNs : endOf(left) > endOf(right);
}

/**
 * How the run stands (FACTS.md, Roots and status). It runs until nothing has come for a while, whatever its root says: spans
 * of other processes may follow. It failed when its root says so, or when its root says nothing and its last model call failed;
 * an error inside that was recovered from is the step's, not the run's. Of several agents without a parent each speaks for it.
 */
export function statusOfRun(state: {
  readonly ordered: readonly StepNode[];
  readonly roots: readonly StepNode[];
  readonly rootSeen: boolean;
  readonly quiet: boolean;
}): RunStatus {
  const { ordered, roots, rootSeen, quiet } = state;
  if (!quiet) return 'running';
  const root = primaryRoot(roots);
  const last = lastCall(ordered);
  if (isPaused(ordered, last)) return 'paused';
  // A model call beside others that have no parent either speaks for itself only, and so do internals and a record of the prompt: the last call decides.
  const speaks =
    root !== undefined &&
    root.origin === 'span' &&
    !root.facts.hidden &&
    (root.facts.kind !== 'llm' || roots.length === 1);
  const rootStatus = rootSeen && speaks ? root.facts.status : undefined;
  if (rootStatus === 'error' || roots.flatMap(ofProvisional).some(isFailedAgent)) return 'error';
  if (rootStatus !== 'ok' && last && failed(last)) return 'error';
  // Its client sent no call: the last agent that is not another one's speaks.
  if (rootStatus !== 'ok' && !last && lastAgentFailed(ordered)) return 'error';
  // A call that never ended was not answered, whatever its root says.
  if (last && last.endNs === undefined) return 'partial';
  if (!rootSeen || root?.endNs === undefined || (last && isOrphan(last))) return 'partial';
  // Nothing speaks for the run, and its model was not told what it had asked for.
  if (!speaks && last?.facts.requestedTools.some((tool) => !tool.server) === true) return 'partial';
  // OpenTelemetry leaves the status unset unless someone sets it, and hardly anyone sets Ok: a root that ended without an
  // error over a model that answered is a run that went well.
  return rootStatus === 'ok' || last ? 'ok' : 'unset';
}

/** What it was part of never arrived, though other parts of the run have their roots (Codex: dozens of traces of one run). */
function isOrphan(node: StepNode): boolean {
  let top = node;
  while (top.parent) top = top.parent;
  return top.origin === 'provisional' && !top.children.every((child) => child.span?.parentRemote === true);
}

function lastCall(ordered: readonly StepNode[]): StepNode | undefined {
  let last: StepNode | undefined;
  for (const node of ordered) if (isCall(node) && (!last || node.startNs >= last.startNs)) last = node;
  return last;
}

function lastAgentFailed(ordered: readonly StepNode[]): boolean {
  let last: StepNode | undefined;
  for (const node of ordered) {
    const isOuter = node.facts.kind === 'agent' && !node.facts.hidden && node.parent?.agent === undefined;
    if (isOuter && (!last || node.startNs >= last.startNs)) last = node;
  }
  return last !== undefined && failed(last);
}

/** Waits for a person: something paused, and no model was asked since. */
function isPaused(ordered: readonly StepNode[], last: StepNode | undefined): boolean {
  return ordered.some((node) => node.facts.status === 'paused' && (!last || endOf(node) >= last.startNs));
}
