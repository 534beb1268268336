import { pastGatewayCode } from '../../../../shared/model/run.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import { equalCounts, fillFrom } from './calls.ts';
import { compareSiblings } from './order.ts';
import { isSameModel } from './same-call.ts';
import { addNotice, endOf, failed, isCall } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/**
 * An agent with telemetry of its own, under Retake's gateway: every model call comes twice, once as the agent's span and once as the
 * gateway's (FACTS.md, Agent spans beside the gateway). The gateway saw what really went over the wire, so its span is the call, with its content, counts and price; it
 * takes the agent's span's place in the tree, which stays below it, hidden, and is counted nowhere.
 */
const gatewayScope = 'retake.gateway';

/** Two spans of one call that do not overlap are this far apart at most: clients start and end theirs with a clock of milliseconds. */
const largestGap = 250_000_000n;
/** How far a gateway's call may stand out of the agent's span that it belongs to, where nothing but time says so. */
const slack = 20_000_000n;
/** Calls of the agent that one of the gateway's is held against: those that started around it. */
const mostCompared = 64;
/** Levels that are looked up from a step, and steps that one of the gateway's calls may lie in: a trace is hostile. */
const deepest = 64;
const mostWorkers = 1_000;

/** Whether the gateway started the command that the run is of: its own calls were to come through it. */
export function isBehindGateway(roots: readonly StepNode[]): boolean {
  return roots.some((root) => isGateways(root) && root.facts.kind === 'agent');
}

const isGateways = (node: StepNode): boolean => node.span?.scopeName === gatewayScope;

/** The run is what the command did: traces that the agent started by itself hang under the command. Before siblings are sorted. */
export function nestUnderCommand(roots: StepNode[]): void {
  const [command, second] = roots.filter((root) => isGateways(root) && root.facts.kind === 'agent');
  if (!command || second || roots.length === 1) return;
  for (const root of roots) {
    if (root === command) continue;
    root.parent = command;
    command.children.push(root);
  }
  roots.length = 0;
  roots.push(command);
}

/** Takes the gateway's calls out of the tree, so that the agent's own are settled among themselves. Their `parent` still says where they were. */
export function takeOutGatewayCalls(nodes: readonly StepNode[], roots: StepNode[]): readonly StepNode[] {
  const calls = nodes.filter((node) => isGateways(node) && isCall(node));
  const taken = new Set(calls);
  for (const parent of new Set(calls.map((call) => call.parent))) {
    const siblings = parent ? parent.children : roots;
    const left = siblings.filter((sibling) => !taken.has(sibling));
    siblings.length = 0;
    for (const sibling of left) siblings.push(sibling);
  }
  return calls;
}

/** Puts the gateway's calls back, each in the place of the agent's own span of it. `ordered`: the tree without them, in pre-order, settled. */
export function placeGatewayCalls(calls: readonly StepNode[], ordered: readonly StepNode[], roots: StepNode[]): void {
  const touched = new Set<StepNode | undefined>();
  const put = (node: StepNode, parent: StepNode | undefined): void => {
    node.parent = parent;
    (parent ? parent.children : roots).push(node);
    touched.add(parent);
  };
  const own = ordered.filter(isCall);
  const found = pair(calls, own);
  const { pairs, copies } = found;
  const workers = ordered
    .filter(
      (node) =>
        !isGateways(node) &&
        !node.facts.hidden &&
        (node.facts.kind === 'agent' ||
          (node.facts.usage !== undefined && node.usageRole === undefined && !isCall(node))),
    )
    .slice(0, mostWorkers);
  const placed = new Set<StepNode>();
  for (const [own, seen] of pairs) {
    for (const call of seen) placed.add(call);
    merge(own, seen, put);
  }
  for (const { mine, call } of copies) repeat(call, mine);
  sayPastGateway(own, calls, found);
  for (const call of calls)
    if (!placed.has(call))
      put(
        call,
        (call.parent === undefined || isGateways(call.parent) ? workerAround(call, workers) : undefined) ?? call.parent,
      );
  for (const parent of touched) {
    const siblings = parent ? parent.children : roots;
    // The agent's own spans went below the gateway's.
    const left = siblings.filter((sibling) => sibling.parent === parent).sort(compareSiblings);
    siblings.length = 0;
    for (const sibling of left) siblings.push(sibling);
  }
}

interface Pairs {
  /** What the gateway saw of each of the agent's calls: one, or several where the client tried again or wraps a loop. */
  readonly pairs: ReadonlyMap<StepNode, readonly StepNode[]>;
  /** Calls of the agent that a second instrumentation told of, with the gateway's. */
  readonly copies: readonly { readonly mine: StepNode; readonly call: StepNode }[];
  /** The scope that told of each of the gateway's calls first. */
  readonly toldBy: ReadonlyMap<StepNode, string | undefined>;
}

/** Which of `calls` are `own` ones, seen by another side: by `own`, one each but for attempts that failed. */
export const pairCalls = (calls: readonly StepNode[], own: readonly StepNode[]): Pairs['pairs'] =>
  pair(calls, own).pairs;

function pair(calls: readonly StepNode[], own: readonly StepNode[]): Pairs {
  const pairs = new Map<StepNode, StepNode[]>();
  const copies: { readonly mine: StepNode; readonly call: StepNode }[] = [];
  const toldBy = new Map<StepNode, string | undefined>();
  if (own.length === 0) return { pairs, copies, toldBy };
  const add = (mine: StepNode, call: StepNode): void => {
    const seen = pairs.get(mine);
    if (seen) seen.push(call);
    else pairs.set(mine, [call]);
  };
  for (const call of calls) {
    const caller = callerOf(call);
    if (!caller) continue;
    add(caller, call);
    toldBy.set(call, caller.span?.scopeName);
  }
  const byStart = own.toSorted((left, right) =>
    left.startNs < right.startNs ? -1 : left.startNs > right.startNs ? 1 : 0,
  );
  const candidates = calls.flatMap((call) =>
    around(call, byStart).flatMap((mine): Candidate[] => {
      const rank = pairs.has(mine) ? undefined : rankOf(call, mine);
      return rank === undefined
        ? []
        : [{ call, mine, rank, gap: gapOf(call, mine), offset: distance(call.startNs, mine.startNs) }];
    }),
  );
  candidates.sort(
    (left, right) => left.rank - right.rank || compare(left.gap, right.gap) || compare(left.offset, right.offset),
  );
  const taken = new Set(toldBy.keys());
  // First what was answered: an attempt that failed belongs to whatever call is around it.
  for (const { call, mine } of candidates) {
    if (failed(call) || taken.has(call) || pairs.has(mine)) continue;
    taken.add(call);
    toldBy.set(call, mine.span?.scopeName);
    add(mine, call);
  }
  const copied = new Set<StepNode>();
  for (const { call, mine, rank, gap } of candidates) {
    if (
      rank > 1 ||
      gap > 0n ||
      failed(call) ||
      pairs.has(mine) ||
      copied.has(mine) ||
      !toldBy.has(call) ||
      toldBy.get(call) === mine.span?.scopeName
    )
      continue;
    copied.add(mine);
    copies.push({ mine, call });
  }
  for (const { call, mine } of candidates
    .filter((candidate) => !copied.has(candidate.mine))
    .toSorted((left, right) => Number(pairs.has(left.mine)) - Number(pairs.has(right.mine)))) {
    if (!failed(call) || taken.has(call)) continue;
    taken.add(call);
    add(mine, call);
  }
  for (const seen of pairs.values()) seen.sort(compareSiblings);
  return { pairs, copies, toldBy };
}

/** Less is no overlap: clocks of clients stand on whole milliseconds. */
const leastOverlap = 2_000_000n;

/**
 * What the agent tells of and no call of the gateway is, was asked past it (FACTS.md, Calls past the gateway). Nothing is said where it may be
 * one after all: beside a call that no span of the agent was found for, or that another instrumentation told of.
 */
function sayPastGateway(own: readonly StepNode[], calls: readonly StepNode[], { toldBy }: Pairs): void {
  const byStart = calls.toSorted((left, right) => compare(left.startNs, right.startNs));
  for (const mine of own) {
    if (isGateways(mine) || !isCall(mine) || mine.facts.hidden || mine.endNs === undefined || failed(mine)) continue;
    const mayBe = around(mine, byStart).some(
      (call) =>
        overlap(call, mine) > leastOverlap &&
        (!toldBy.has(call) || (toldBy.get(call) !== mine.span?.scopeName && isSameModel(call.facts, mine.facts))),
    );
    if (!mayBe)
      addNotice(
        mine,
        pastGatewayCode,
        'No call that came through the gateway is this one: a model was asked past it, or the agent answered it from a cache of its own. It is not in the recording, and a re-run asks it again.',
      );
  }
}

function overlap(left: StepNode, right: StepNode): bigint {
  const start = left.startNs > right.startNs ? left.startNs : right.startNs;
  const end = endOf(left) < endOf(right) ? endOf(left) : endOf(right);
  return end - start;
}

interface Candidate {
  readonly call: StepNode;
  readonly mine: StepNode;
  readonly rank: number;
  readonly gap: bigint;
  readonly offset: bigint;
}

/** The agent's call that sent its own span along (`traceparent`), or that a span of its HTTP client lies in. */
function callerOf(call: StepNode): StepNode | undefined {
  for (let node = call.parent, level = 0; node && level < deepest; node = node.parent, level++) {
    if (isCall(node)) return node;
    if (node.facts.kind === 'agent' || node.facts.kind === 'tool') return undefined;
  }
  return undefined;
}

/** Those of `byStart`, which are in the order of their starts, that began nearest. */
function around(call: StepNode, byStart: readonly StepNode[]): readonly StepNode[] {
  let low = 0;
  let high = byStart.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((byStart[middle]?.startNs ?? 0n) < call.startNs) low = middle + 1;
    else high = middle;
  }
  return byStart.slice(Math.max(0, low - mostCompared / 2), low + mostCompared / 2);
}

/** How sure it is that two spans are one call, 0 the surest; undefined: they are not. Rule: FACTS.md, Agent spans beside the gateway. */
function rankOf(call: StepNode, mine: StepNode): number | undefined {
  if (gapOf(call, mine) > largestGap) return undefined;
  const { responseId, requestId } = call.facts;
  const ownId = mine.facts.responseId;
  if (ownId !== undefined && (ownId === responseId || ownId === requestId)) return 0;
  const sameModel = isSameModel(call.facts, mine.facts);
  const output = call.facts.usage?.output;
  const sameOutput = output !== undefined && output === mine.facts.usage?.output;
  if (sameModel && sameOutput) return 1;
  const inside = mine.startNs <= call.startNs + slack && endOf(mine) + slack >= (call.endNs ?? call.startNs);
  if (!inside) return undefined;
  return sameModel ? 2 : sameOutput ? 3 : undefined;
}

/** Time between two spans; 0 when they overlap. */
function gapOf(left: StepNode, right: StepNode): bigint {
  if (left.startNs > endOf(right)) return left.startNs - endOf(right);
  return right.startNs > endOf(left) ? right.startNs - endOf(left) : 0n;
}

const distance = (left: bigint, right: bigint): bigint => (left < right ? right - left : left - right);
const compare = (left: bigint, right: bigint): number => (left < right ? -1 : left > right ? 1 : 0);

function merge(
  own: StepNode,
  seen: readonly StepNode[],
  put: (node: StepNode, parent: StepNode | undefined) => void,
): void {
  const answered = seen.filter((call) => !failed(call));
  if (answered.length > 1) {
    // It stands for all of them together.
    own.facts = { ...own.facts, kind: 'chain', subKind: 'llm_wrapper', notices: [] };
    own.usageRole = own.facts.usage ? 'rollup' : undefined;
    for (const call of seen) put(call, own);
    return;
  }
  const { parent } = own;
  for (const call of seen) put(call, parent);
  const call = answered[0] ?? seen.at(-1);
  // The agent has an answer that did not come through the gateway: these were attempts.
  if (!call || (answered.length === 0 && !failed(own))) return;
  repeat(call, own);
  put(own, call);
}

/** The agent's span of a call is no call of its own. */
function repeat(call: StepNode, own: StepNode): void {
  learn(call, own);
  own.facts = { ...own.facts, kind: 'chain', subKind: 'llm_duplicate', hidden: true, notices: [] };
  own.usageRole = own.facts.usage ? 'duplicate' : undefined;
}

/** What only the agent knew of the call: what it is for, what the client says that it cost, counts where the provider sent none. */
function learn(call: StepNode, own: StepNode): void {
  const { usage } = call.facts;
  const stated = own.facts.usage;
  const same =
    usage !== undefined &&
    stated !== undefined &&
    equalCounts(usage, stated.input ?? usage.input ?? 0, stated.output ?? usage.output ?? 0);
  fillFrom(call, own.facts, same);
  call.facts = {
    ...call.facts,
    subKind: call.facts.subKind ?? own.facts.subKind,
    agentName: call.facts.agentName ?? own.facts.agentName,
    agentId: call.facts.agentId ?? own.facts.agentId,
    siblingOrder: call.facts.siblingOrder ?? own.facts.siblingOrder,
    streaming: call.facts.streaming ?? own.facts.streaming,
    ...(usage === undefined && stated !== undefined && !failed(call)
      ? { usage: stated, usageBasis: own.facts.usageBasis }
      : {}),
  };
  if (usage !== undefined && stated !== undefined && !same)
    addNotice(
      call,
      'reported-usage-differs',
      `The client reported ${countsOf(stated)} for this call; the provider's answer says ${countsOf(usage)}, which is what counts here.`,
    );
  if (failed(own) && !failed(call))
    addNotice(
      call,
      'client-failed',
      `The provider answered, but the client says that the call failed${own.facts.error?.message ? `: ${own.facts.error.message.slice(0, 300)}` : '.'}`,
    );
}

function countsOf({ input, output }: Usage): string {
  return `${input ?? 'unknown'} tokens in and ${output ?? 'unknown'} out`;
}

/** The innermost step of the agent that the call falls into, of those that may restate its tokens; where two at once do, what is around both. */
function workerAround(call: StepNode, workers: readonly StepNode[]): StepNode | undefined {
  let place: StepNode | undefined;
  for (const worker of workers) {
    if (worker.startNs > call.startNs + slack || endOf(worker) + slack < (call.endNs ?? call.startNs)) continue;
    if (!place || isAbove(place, worker)) {
      place = worker;
      continue;
    }
    let shared: StepNode | undefined = place;
    for (let level = 0; shared && level < deepest && !isAbove(shared, worker); level++) shared = shared.parent;
    return shared && isAbove(shared, worker) ? shared : undefined;
  }
  return place;
}

function isAbove(outer: StepNode, inner: StepNode): boolean {
  for (let node = inner.parent, level = 0; node && level < deepest; node = node.parent, level++)
    if (node === outer) return true;
  return false;
}
