import type { Notice } from '../../../../shared/model/run.ts';
import type { StepOrigin } from '../../../../shared/model/step.ts';
import { nanos } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { UsageRole } from '../../../../shared/model/usage.ts';
import type { FactSpan, RequestedTool, StepFacts } from '../../telemetry/step-facts.ts';

/** A step while its run is being assembled: everything that is found out about it is written here, in the order of assemble.ts. */
export interface StepNode {
  readonly id: string;
  readonly origin: StepOrigin;
  readonly span: FactSpan | undefined;
  readonly rawName: string;
  /** Arrival number; rebuilt and provisional steps have that of what they were made from. */
  readonly arrival: number;
  readonly parentId: string | undefined;
  startNs: Nanos;
  /** undefined: not ended, or unknown. */
  endNs: Nanos | undefined;
  facts: StepFacts;
  parent: StepNode | undefined;
  children: StepNode[];
  /** Nearest agent step, itself included. */
  agent: StepNode | undefined;
  usageRole: UsageRole | undefined;
  /** For a tool step: the request it answers. */
  request: ToolRequest | undefined;
  parallelGroup: number | undefined;
  /** For a rebuilt tool step: the llm step whose input carries the result. */
  result: StepNode | undefined;
  /** Position in run order, set at the end. */
  index: number;
}

/** One tool call in the output of an llm step. */
export interface ToolRequest {
  readonly llm: StepNode;
  /** Position among the calls of that answer. */
  readonly position: number;
  readonly call: RequestedTool;
  /** Steps that carried it out: more than one when it was interrupted and resumed. */
  readonly tools: StepNode[];
}

export type StepNodeFields = Pick<StepNode, 'id' | 'origin' | 'rawName' | 'arrival' | 'startNs' | 'endNs' | 'facts'> &
  Partial<Pick<StepNode, 'span' | 'parentId' | 'parent' | 'request' | 'result'>>;

export function stepNode(fields: StepNodeFields): StepNode {
  return {
    id: fields.id,
    origin: fields.origin,
    span: fields.span,
    rawName: fields.rawName,
    arrival: fields.arrival,
    parentId: fields.parentId,
    startNs: fields.startNs,
    endNs: fields.endNs,
    facts: fields.facts,
    parent: fields.parent,
    children: [],
    agent: undefined,
    usageRole: undefined,
    request: fields.request,
    parallelGroup: undefined,
    result: fields.result,
    index: -1,
  };
}

/** Facts of a step that no span stands for. */
export function bareFacts(
  fields: Pick<StepFacts, 'convention' | 'kind' | 'name' | 'status'> & Partial<StepFacts>,
): StepFacts {
  return {
    subKind: undefined,
    hidden: false,
    agentName: undefined,
    agentId: undefined,
    error: undefined,
    requestModel: undefined,
    responseModel: undefined,
    provider: undefined,
    serverAddress: undefined,
    serviceTier: undefined,
    responseId: undefined,
    finishReasons: [],
    streaming: undefined,
    timeToFirstTokenMs: undefined,
    usage: undefined,
    usageBasis: undefined,
    usageIsAggregate: false,
    reportedCostUsd: undefined,
    tool: undefined,
    requestedTools: [],
    conversation: undefined,
    userId: undefined,
    runName: undefined,
    siblingOrder: undefined,
    contentState: 'none',
    notices: [],
    ...fields,
  };
}

/** A call to a model. Wrappers and copies of one are `chain` once calls.ts is done, so that kind alone tells. */
export function isCall(node: StepNode): boolean {
  return node.facts.kind === 'llm' && !node.facts.hidden;
}

export function isTool(node: StepNode): boolean {
  return node.facts.kind === 'tool' && !node.facts.hidden;
}

export function failed(node: StepNode): boolean {
  return node.facts.status === 'error';
}

export function addNotice(node: StepNode, code: string, message: string): void {
  const notice: Notice = { code, message };
  node.facts = { ...node.facts, notices: [...node.facts.notices, notice] };
}

const never = nanos(1n << 62n);

/** An open step counts as lasting for ever. */
export function endOf(node: StepNode): Nanos {
  return node.endNs ?? never;
}

/** JavaScript clients start spans on whole milliseconds and end them on nanoseconds: less than this is no overlap. */
export const clockGrain = 1_000_000n;

export function overlaps(left: StepNode, right: StepNode): boolean {
  return left.startNs + clockGrain < endOf(right) && right.startNs + clockGrain < endOf(left);
}

export function contains(outer: StepNode, inner: StepNode): boolean {
  return outer.startNs <= inner.startNs + clockGrain && endOf(outer) + clockGrain >= endOf(inner);
}
