import type { AttributeReader } from '../../telemetry/span-view.ts';
import { asOneMessage, messagesOf, readData, textReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart } from './convention.ts';
import { isConversationValue } from './field-sources.ts';

/**
 * Laminar's SDKs: the type of a span, and what went in and came out as JSON, beside the GenAI attributes of the calls. Source: `lmnr-ai/lmnr`,
 * span attributes; FACTS.md, Other emitters.
 */
const kinds: ReadonlyMap<string, Classification> = new Map<string, Classification>([
  ['LLM', { kind: 'llm' }],
  ['TOOL', { kind: 'tool' }],
  ['EVALUATOR', { kind: 'evaluator' }],
  ['HUMAN_EVALUATOR', { kind: 'evaluator' }],
  ['EVALUATION', { kind: 'chain', subKind: 'evaluation' }],
  ['EXECUTOR', { kind: 'chain', subKind: 'executor' }],
]);

const input = 'lmnr.span.input';
const output = 'lmnr.span.output';

export const laminar: Convention = {
  ...silent,
  id: 'laminar',
  version: 1,
  carrierRank: 6,
  inputKeys: [input],

  applies: (view) => view.attributes.has('lmnr.span.type') || view.attributes.has('lmnr.span.path'),
  classify: (view) => kinds.get(view.attributes.text('lmnr.span.type')?.toUpperCase() ?? ''),

  facts({ attributes, name }, kind): FactsPart {
    return {
      ...(kind === 'tool' ? { name } : {}),
      conversation: session(attributes),
      userId: attributes.text('lmnr.association.properties.user_id'),
    };
  },

  input: ({ attributes }, kind) =>
    kind === 'tool'
      ? undefined
      : kind === 'llm'
        ? messagesOf(readData(attributes, input), 'user')
        : asOneMessage(readData(attributes, input), 'user'),
  output: ({ attributes }, kind) =>
    kind === 'tool' ? undefined : asOneMessage(readData(attributes, output), 'assistant'),
  toolArguments: ({ attributes }) => textReading(readData(attributes, input)?.data),
  toolResult: ({ attributes }) => textReading(readData(attributes, output)?.data),
};

function session(attributes: AttributeReader): FactsPart['conversation'] {
  const value = attributes.text('lmnr.association.properties.session_id');
  return isConversationValue(value) ? { key: 'lmnr.association.properties.session_id', value } : undefined;
}
