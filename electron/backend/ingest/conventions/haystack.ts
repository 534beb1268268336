import type { Message, Part } from '../../../../shared/model/message.ts';
import type { Notice } from '../../../../shared/model/run.ts';
import type { StepKind } from '../../../../shared/model/step.ts';
import type { AttributeReader, SpanView } from '../../telemetry/span-view.ts';
import { asOneMessage, messagesOf, readData, textReading } from './attribute-content.ts';
import type { DataReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart, MessagesReading } from './convention.ts';
import { normaliseFinishReason } from './finish-reasons.ts';
import { readParts } from './part-shapes.ts';
import { parsePythonObjects } from './python-literal.ts';
import { anyField, asArray, asText, field, known, textField } from './structure.ts';
import { readToolDefinitions } from './tool-definitions.ts';
import { findUsage, readUsageObject } from './usage-shapes.ts';

/**
 * Haystack's own tracing: every component of a pipeline is a span, and its class says what it is; content with
 * HAYSTACK_CONTENT_TRACING_ENABLED. Source: `deepset-ai/haystack`, tracing; FACTS.md, Other emitters.
 */
const components: readonly (readonly [RegExp, StepKind])[] = [
  [/Generator$/, 'llm'],
  [/Retriever$/, 'retrieval'],
  [/Embedder$/, 'embedding'],
  [/Ranker$/, 'rerank'],
  [/^ToolInvoker$/, 'tool'],
  [/^Agent$/, 'agent'],
  [/Evaluator$/, 'evaluator'],
];

const type = 'haystack.component.type';

export const haystack: Convention = {
  ...silent,
  id: 'haystack',
  version: 3,
  inputKeys: [
    'haystack.component.input',
    'haystack.pipeline.input_data',
    'haystack.agent.input',
    'haystack.agent.step.llm.input',
  ],

  applies: (view) => view.name.startsWith('haystack.') || view.attributes.has(type) || isAgentRun(view),

  classify(view): Classification | undefined {
    if (isAgentRun(view)) return { kind: 'agent' };
    switch (view.name) {
      case 'haystack.pipeline.run':
      case 'haystack.async_pipeline.run':
        return { kind: 'chain', subKind: 'pipeline' };
      case 'haystack.agent.run':
        return { kind: 'agent' };
      case 'haystack.agent.step':
        return { kind: 'chain', subKind: 'step', hidden: true };
      case 'haystack.agent.step.llm':
        return { kind: 'llm' };
      case 'haystack.agent.step.tool':
        return { kind: 'tool' };
      default: {
        const component = view.attributes.text(type);
        if (component === undefined) return undefined;
        return { kind: components.find(([pattern]) => pattern.test(component))?.[1] ?? 'chain', subKind: 'component' };
      }
    }
  },

  facts(view, kind): FactsPart {
    const { attributes } = view;
    if (isAgentRun(view)) return agentRunFacts(attributes);
    const reply = firstReply(
      (readData(attributes, 'haystack.component.output') ?? readData(attributes, 'haystack.agent.step.llm.output'))
        ?.data,
    );
    const meta = anyField(reply, 'meta', '_meta');
    const usage = kind === 'llm' ? findUsage(meta) : undefined;
    const name = attributes.text('haystack.tool.name') ?? attributes.text('haystack.component.name');
    const finish = textField(meta, 'finish_reason');
    return {
      name: kind === 'chain' || kind === 'tool' ? name : undefined,
      ...(kind === 'agent' ? { agentName: name } : {}),
      ...(usage === undefined ? {} : { usage: [usage] }),
      responseModel: kind === 'llm' ? textField(meta, 'model') : undefined,
      ...(kind === 'llm' && finish !== undefined ? { finishReasons: [normaliseFinishReason(finish)] } : {}),
    };
  },

  input(view, kind) {
    const { attributes } = view;
    if (isAgentRun(view)) return printedMessages(attributes, 'input.value');
    const given = [
      'haystack.agent.step.llm.input',
      'haystack.component.input',
      'haystack.agent.input',
      'haystack.pipeline.input_data',
    ]
      .map((key) => readData(attributes, key))
      .find((reading) => reading !== undefined);
    return kind === 'tool' ? undefined : (messagesOf(given, 'user') ?? asOneMessage(given, 'user'));
  },

  output(view, kind) {
    const { attributes } = view;
    if (isAgentRun(view)) return printedMessages(attributes, 'output.value');
    const gave =
      readData(attributes, 'haystack.agent.step.llm.output') ??
      readData(attributes, 'haystack.component.output') ??
      readData(attributes, 'haystack.agent.output') ??
      readData(attributes, 'haystack.pipeline.output_data');
    if (gave === undefined || kind === 'tool') return undefined;
    const replies: DataReading = { data: field(gave.data, 'replies') ?? gave.data, state: gave.state };
    return asOneMessage(replies, 'assistant');
  },

  tools({ attributes }) {
    const given = readData(attributes, 'haystack.agent.step.llm.input')?.data;
    const tools = asArray(field(given, 'tools')) ?? [];
    return readToolDefinitions(tools.map((tool) => field(tool, 'data') ?? tool));
  },

  toolArguments: ({ attributes }) =>
    textReading(attributes.get('haystack.agent.step.tool.input') ?? attributes.get('haystack.component.input')),
  toolResult: ({ attributes }) =>
    textReading(attributes.get('haystack.agent.step.tool.output') ?? attributes.get('haystack.component.output')),
};

/**
 * OpenInference's span of an Agent: neither its model calls nor its tools have spans, but what they were asked, said and used stands in its output,
 * the messages as Python prints them (openinference-instrumentation-haystack 0.1).
 */
const isAgentRun = ({ scopeName, name }: SpanView): boolean =>
  scopeName === 'openinference.instrumentation.haystack' && name === 'Agent.run';

function agentRunFacts(attributes: AttributeReader): FactsPart {
  const output = readData(attributes, 'output.value')?.data;
  const usage = readUsageObject(field(output, 'token_usage'));
  const last = parsePythonObjects(textField(output, 'last_message') ?? '');
  return {
    agentName: 'Agent',
    requestModel: textField(field(last, '_meta'), 'model'),
    ...(usage === undefined ? {} : { usage: [usage], usageIsAggregate: true }),
    notices: [callsInside],
  };
}

const callsInside: Notice = {
  code: 'calls-not-sent',
  message:
    'OpenInference sends an agent of Haystack as one step: its model calls and tools have none, so they are known only as far as the agent tells.',
};

function printedMessages(attributes: AttributeReader, key: string): MessagesReading | undefined {
  const reading = readData(attributes, key);
  const printed = asArray(field(reading?.data, 'messages'));
  if (reading === undefined || printed === undefined) return undefined;
  const messages = printed.flatMap((item): readonly Message[] => {
    const text = asText(item) ?? '';
    const parsed = parsePythonObjects(text);
    const role = textField(parsed, '_role') ?? 'user';
    const content = asArray(field(parsed, '_content'));
    if (content === undefined) return [{ role, parts: [{ type: 'text', text }] }];
    const finish = textField(field(parsed, '_meta'), 'finish_reason');
    const reason = finish === undefined ? {} : { finishReason: normaliseFinishReason(finish) };
    return [{ role, parts: content.flatMap(partOf), ...reason }];
  });
  return { messages, state: reading.state };
}

/** Each part is an object of its class; the readers of parts know Haystack's own names of what is in it. */
function partOf(part: unknown): readonly Part[] {
  switch (textField(part, 'class')) {
    case 'ToolCall':
      return readParts([new Map([['tool_call', part]])]);
    case 'ToolCallResult':
      return readParts([new Map([['tool_call_result', part]])]);
    case 'ReasoningContent':
      return [{ type: 'reasoning', ...known({ text: textField(part, 'reasoning_text') }) }];
    default:
      return readParts([part]);
  }
}

function firstReply(data: unknown): unknown {
  return asArray(field(data, 'replies'))?.[0];
}
