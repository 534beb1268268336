import type { StepKind } from '../../../../shared/model/step.ts';
import { asOneMessage, messagesOf, readData, textReading } from './attribute-content.ts';
import type { DataReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart } from './convention.ts';
import { normaliseFinishReason } from './finish-reasons.ts';
import { anyField, asArray, field, textField } from './structure.ts';
import { readToolDefinitions } from './tool-definitions.ts';
import { findUsage } from './usage-shapes.ts';

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
  version: 2,
  inputKeys: [
    'haystack.component.input',
    'haystack.pipeline.input_data',
    'haystack.agent.input',
    'haystack.agent.step.llm.input',
  ],

  applies: (view) => view.name.startsWith('haystack.') || view.attributes.has(type),

  classify(view): Classification | undefined {
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

  facts({ attributes }, kind): FactsPart {
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

  input({ attributes }, kind) {
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

  output({ attributes }, kind) {
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

function firstReply(data: unknown): unknown {
  return asArray(field(data, 'replies'))?.[0];
}
