import { assertNever } from '../../../../../shared/model/assert-never.ts';
import { sourceAttributes } from '../../../telemetry/source-attributes.ts';
import type { KnownTimes } from '../../../telemetry/source-attributes.ts';
import { messageText } from './messages.ts';
import type {
  Attributes,
  Conversation,
  RecordedAgent,
  RecordedCall,
  RecordedOther,
  RecordedStep,
  RecordedTool,
  RecordedUsage,
} from './recorded-run.ts';

/** What of a span a step decides by itself; its place and times come from the run. */
export interface StepSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly statusCode: number;
  readonly statusMessage: string;
}

export const internalKind = 1;
const clientKind = 3;
export const okStatus = 1;
export const errorStatus = 2;

/** What a call's span holds of its context: all of it, or what is new since an earlier call. */
export interface CallContext {
  /** Known to the run, or made up where a later call continues this one. */
  readonly responseId: string | undefined;
  /** The call before, when only what is new since it is written. */
  readonly continued: { readonly input: Conversation; readonly id: string } | undefined;
}

/** A step under the names of OpenTelemetry, so that the conventions read it like each span of its kind. */
export function stepSpan(step: RecordedStep, context: CallContext): StepSpan {
  switch (step.kind) {
    case 'llm':
      return callSpan(step, context);
    case 'tool':
      return toolSpan(step);
    case 'agent':
      return agentSpan(step);
    case 'retrieval':
    case 'embedding':
    case 'rerank':
    case 'guardrail':
    case 'evaluator':
    case 'chain':
    case 'http':
    case 'db':
    case 'other':
      return otherSpan(step);
    default:
      return assertNever(step);
  }
}

function callSpan(step: RecordedCall, { responseId, continued }: CallContext): StepSpan {
  const model = step.requestModel ?? step.responseModel;
  const finish = step.output.finish_reason;
  return {
    name: model === undefined ? 'chat' : `chat ${model}`,
    kind: clientKind,
    ...statusOf(step),
    attributes: [
      ['gen_ai.operation.name', 'chat'],
      ...given('gen_ai.response.id', responseId),
      ...given('gen_ai.request.model', step.requestModel),
      ...given('gen_ai.response.model', step.responseModel),
      ...(finish === undefined ? [] : [['gen_ai.response.finish_reasons', [finish]] as const]),
      [
        'gen_ai.input.messages',
        `[${step.input.messages.slice(continued === undefined ? 0 : newFrom(continued.input), step.input.count).join(',')}]`,
      ],
      ['gen_ai.output.messages', `[${messageText(step.output)}]`],
      ...given('gen_ai.request.previous_response.id', step.continues ?? continued?.id),
      ...common(step),
    ],
  };
}

function toolSpan(step: RecordedTool): StepSpan {
  return {
    name: `execute_tool ${step.name}`,
    kind: internalKind,
    ...statusOf(step),
    attributes: [
      ['gen_ai.operation.name', 'execute_tool'],
      ['gen_ai.tool.name', step.name],
      ...given('gen_ai.tool.call.id', step.callId),
      ...given('gen_ai.tool.call.arguments', step.arguments),
      ...given('gen_ai.tool.call.result', step.result),
      ...common(step),
    ],
  };
}

function agentSpan(step: RecordedAgent): StepSpan {
  const messages = (list: RecordedAgent['input']): string | undefined =>
    list === undefined ? undefined : `[${list.map(messageText).join(',')}]`;
  return {
    name: `invoke_agent ${step.name}`,
    kind: internalKind,
    ...statusOf(step),
    attributes: [
      ['gen_ai.operation.name', 'invoke_agent'],
      ...given('gen_ai.input.messages', messages(step.input)),
      ...given('gen_ai.output.messages', messages(step.output)),
      ...common({ ...step, agent: step.agent ?? step.name }),
    ],
  };
}

function otherSpan(step: RecordedOther): StepSpan {
  return {
    name: step.name,
    kind: internalKind,
    ...statusOf(step),
    attributes: [
      ...kindMark(step),
      ...given('gen_ai.request.model', step.model),
      ...given('input.value', step.input),
      ...given('output.value', step.output),
      ...common(step),
    ],
  };
}

/** By which attribute the conventions tell the kind. */
function kindMark({ kind, attributes = [] }: RecordedOther): Attributes {
  const has = (key: string): boolean => attributes.some(([name]) => name === key);
  switch (kind) {
    case 'retrieval':
      return [['gen_ai.operation.name', 'retrieval']];
    case 'embedding':
      return [['gen_ai.operation.name', 'embeddings']];
    case 'rerank':
      return [['gen_ai.operation.name', 'rerank']];
    case 'guardrail':
      return [['openinference.span.kind', 'GUARDRAIL']];
    case 'evaluator':
      return [['openinference.span.kind', 'EVALUATOR']];
    case 'chain':
      return [['openinference.span.kind', 'CHAIN']];
    case 'http':
      // `_OTHER`: the name that OpenTelemetry gives to a method that is not known.
      return has('http.request.method') ? [] : [['http.request.method', '_OTHER']];
    case 'db':
      return has('db.system.name') ? [] : [['db.system.name', 'other']];
    case 'other':
      return [];
    default:
      return assertNever(kind);
  }
}

function common(step: Pick<RecordedStep, 'agent' | 'usage' | 'costUsd' | 'attributes'>): Attributes {
  return [
    ...given('gen_ai.agent.name', step.agent),
    ...usageAttributes(step.usage ?? {}),
    ...given('gen_ai.usage.cost', step.costUsd),
    ...(step.attributes ?? []),
  ];
}

const usageAttributes = ({ input, output, cacheRead, cacheWrite, reasoning }: RecordedUsage): Attributes => [
  ...given('gen_ai.usage.input_tokens', input),
  ...given('gen_ai.usage.output_tokens', output),
  ...given('gen_ai.usage.cache_read.input_tokens', cacheRead),
  ...given('gen_ai.usage.cache_creation.input_tokens', cacheWrite),
  ...given('gen_ai.usage.reasoning.output_tokens', reasoning),
];

const statusOf = ({ error }: Pick<RecordedStep, 'error'>): Pick<StepSpan, 'statusCode' | 'statusMessage'> => ({
  statusCode: error === undefined ? 0 : errorStatus,
  statusMessage: error ?? '',
});

const given = (key: string, value: string | number | undefined): Attributes =>
  value === undefined ? [] : [[key, value]];

/** Says on a span which of its times are not the file's. */
export function timesMark({ startNs, durationNs }: Pick<RecordedStep, 'startNs' | 'durationNs'>): Attributes {
  const times = knownTimes(startNs !== undefined, durationNs !== undefined);
  return times === undefined ? [] : [[sourceAttributes.times, times]];
}

function knownTimes(hasStart: boolean, hasDuration: boolean): KnownTimes | undefined {
  if (hasStart) return hasDuration ? undefined : 'start';
  return hasDuration ? 'duration' : 'order';
}

/** Where the messages begin that a continued call adds: its predecessor's answer is known from there. */
const newFrom = ({ messages, count }: Conversation): number =>
  messages[count]?.startsWith('{"role":"assistant"') === true ? count + 1 : count;
