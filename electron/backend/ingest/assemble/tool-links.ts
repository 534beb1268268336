import type { LinkedContent } from './linked-content.ts';
import { isCall, isTool } from './step-node.ts';
import type { StepNode, ToolRequest } from './step-node.ts';

/** The llm steps of one agent in order of start: what "before" and "after" mean for its tools. */
export interface AgentScope {
  readonly llms: StepNode[];
  readonly tools: StepNode[];
}

export interface ToolLinks {
  /** Every tool call that an answer asked for, in run order; those that no span carried out have no `tools`. */
  readonly requests: readonly ToolRequest[];
  readonly scopes: ReadonlyMap<StepNode | undefined, AgentScope>;
}

/**
 * Links tool steps to the llm step that asked for them (FACTS.md, Order and tool links): by call id, in the same agent first; without an id by
 * name, and by arguments where one answer asks for the same tool twice; at last by order, where the name was lost too.
 * `ordered` is in pre-order.
 */
export function linkTools(ordered: readonly StepNode[], content: LinkedContent): ToolLinks {
  const scopes = new Map<StepNode | undefined, AgentScope>();
  const scopeOf = (node: StepNode): AgentScope => {
    const known = scopes.get(node.agent);
    if (known) return known;
    const scope: AgentScope = { llms: [], tools: [] };
    scopes.set(node.agent, scope);
    return scope;
  };
  const requests: ToolRequest[] = [];
  const byCallId = new Map<string, ToolRequest[]>();
  const requestsOf = new Map<StepNode, ToolRequest[]>();
  for (const node of ordered) {
    if (isTool(node)) scopeOf(node).tools.push(node);
    if (!isCall(node)) continue;
    scopeOf(node).llms.push(node);
    const own = node.facts.requestedTools.map((call, position): ToolRequest => ({
      llm: node,
      position,
      call,
      tools: [],
    }));
    requestsOf.set(node, own);
    for (const request of own) {
      requests.push(request);
      if (request.call.id === undefined) continue;
      const same = byCallId.get(request.call.id);
      if (same) same.push(request);
      else byCallId.set(request.call.id, [request]);
    }
  }
  for (const scope of scopes.values()) {
    scope.llms.sort(byStart);
    scope.tools.sort(byStart);
    for (const tool of scope.tools) linkById(tool, byCallId);
  }
  // What is left is looked for in its own agent, then anywhere: a hand-over is asked for by one agent and starts another.
  for (const scope of scopes.values()) linkByName(scope, requestsOf, content);
  for (const scope of scopes.values()) linkByOrder(scope, requestsOf);
  return { requests, scopes };
}

export function byStart(left: StepNode, right: StepNode): number {
  return left.startNs < right.startNs ? -1 : left.startNs > right.startNs ? 1 : left.arrival - right.arrival;
}

function attach(tool: StepNode, request: ToolRequest): void {
  tool.request = request;
  request.tools.push(tool);
}

function linkById(tool: StepNode, byCallId: ReadonlyMap<string, readonly ToolRequest[]>): void {
  const callId = tool.facts.tool?.callId;
  const candidates = callId === undefined ? undefined : byCallId.get(callId);
  if (!candidates) return;
  let best: ToolRequest | undefined;
  for (const request of candidates.slice(-maximumCandidates)) {
    if (!best || rank(request, tool) >= rank(best, tool)) best = request;
  }
  if (best) attach(tool, best);
}

/** An id is unique by contract; clients that number their calls from 1 in each answer are held to the latest answers. */
const maximumCandidates = 100;

function rank(request: ToolRequest, tool: StepNode): number {
  return (request.llm.agent === tool.agent ? 2 : 0) + (request.llm.startNs <= tool.startNs ? 1 : 0);
}

/** How many equal-named calls of one answer are told apart by their arguments; the rest by order. */
const mostCompared = 64;

/** Merges the scope's llm steps and its unlinked tools by time: each tool is held against the answers before it, latest first. */
function linkByName(
  scope: AgentScope,
  requestsOf: ReadonlyMap<StepNode, readonly ToolRequest[]>,
  content: LinkedContent,
): void {
  /** Open requests by tool name, one list for each answer, the latest answer last. */
  const open = new Map<string, ToolRequest[][]>();
  let next = 0;
  for (const tool of scope.tools) {
    if (tool.request) continue;
    for (let llm = scope.llms[next]; llm && llm.startNs <= tool.startNs; llm = scope.llms[++next]) {
      for (const request of requestsOf.get(llm) ?? []) if (request.tools.length === 0) addOpen(open, request);
    }
    const answers = open.get(tool.facts.tool?.name ?? tool.facts.name);
    const latest = answers?.at(-1);
    if (!answers || !latest) continue;
    const at = latest.length === 1 ? 0 : Math.max(0, indexByArguments(tool, latest, content));
    const [chosen] = latest.splice(at, 1);
    if (chosen) attach(tool, chosen);
    if (latest.length === 0) answers.pop();
  }
}

function addOpen(open: Map<string, ToolRequest[][]>, request: ToolRequest): void {
  const answers = open.get(request.call.name);
  const latest = answers?.at(-1);
  if (!answers) open.set(request.call.name, [[request]]);
  else if (latest?.[0]?.llm === request.llm) latest.push(request);
  else answers.push([request]);
}

/** -1: none has these arguments, or they are not known. */
function indexByArguments(tool: StepNode, requests: readonly ToolRequest[], content: LinkedContent): number {
  const carried = content.toolArguments(tool);
  if (carried === undefined) return -1;
  const wanted = canonical(carried);
  return requests.slice(0, mostCompared).findIndex((request) => {
    if (request.call.arguments === undefined) return false;
    // LangChain hands a tool with one argument its bare value.
    return canonical(request.call.arguments) === wanted || onlyValue(request.call.arguments) === carried;
  });
}

/** The same JSON whatever its spacing; text that is no JSON as it is. */
function canonical(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text, sortKeys));
  } catch {
    return text.trim();
  }
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function onlyValue(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const values: readonly unknown[] = Object.values(parsed);
    return values.length === 1 && typeof values[0] === 'string' ? values[0] : undefined;
  } catch {
    return undefined;
  }
}

/** Between one answer and the next, unlinked tools without an id take what the answer asked for and nobody did. */
function linkByOrder(scope: AgentScope, requestsOf: ReadonlyMap<StepNode, readonly ToolRequest[]>): void {
  let at = 0;
  for (const [index, llm] of scope.llms.entries()) {
    const until = scope.llms[index + 1]?.startNs;
    const between: StepNode[] = [];
    for (let tool = scope.tools[at]; tool && (until === undefined || tool.startNs < until); tool = scope.tools[++at]) {
      if (!tool.request && tool.facts.tool?.callId === undefined && tool.startNs >= llm.startNs) between.push(tool);
    }
    const waiting = (requestsOf.get(llm) ?? []).filter((request) => request.tools.length === 0 && !request.call.server);
    for (const [position, tool] of between.entries()) {
      const request = waiting[position];
      if (request) attach(tool, request);
    }
  }
}
