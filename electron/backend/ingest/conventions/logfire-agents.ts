import type { AttributeReader, SpanView } from '../../telemetry/span-view.ts';
import { messagesOf, readData, textReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart } from './convention.ts';
import { field, textField } from './structure.ts';
import { readToolDefinitions } from './tool-definitions.ts';
import { findUsage, readUsageObject } from './usage-shapes.ts';

/**
 * Logfire's spans of the OpenAI Agents SDK: the template of a span's words says what it is; beside Logfire's own events, which leave reasoning
 * and texts of an answer out, stand the response and the input as the API has them. Source: `pydantic/logfire`, integrations/openai_agents.py.
 */
const templates: readonly (readonly [RegExp, Classification])[] = [
  [/^OpenAI Agents trace: /, { kind: 'chain', subKind: 'workflow' }],
  [/^Task: /, { kind: 'chain', subKind: 'task', hidden: true }],
  [/^Turn /, { kind: 'chain', subKind: 'turn', hidden: true }],
  [/^Agent run: /, { kind: 'agent' }],
  [/^Function: /, { kind: 'tool' }],
  [/^Handoff: /, { kind: 'chain', subKind: 'handoff' }],
  [/^Guardrail /, { kind: 'guardrail' }],
  [/^(Chat completion|Responses API)/, { kind: 'llm' }],
];

export const logfireAgents: Convention = {
  ...silent,
  id: 'logfire-agents',
  version: 2,
  inputKeys: ['raw_input', 'input'],

  applies: (view) => view.scopeName === 'logfire.openai_agents',
  classify: ({ attributes, name }) =>
    templates.find(([pattern]) => pattern.test(attributes.text('logfire.msg_template') ?? name))?.[1],

  facts({ attributes }, kind): FactsPart {
    const name = attributes.text('name');
    const failure = errorOf(attributes);
    switch (kind) {
      case 'llm': {
        // Chat completions have no response, but its usage as the SDK counts it.
        const usage = findUsage(responseOf(attributes)) ?? readUsageObject(readData(attributes, 'usage')?.data);
        return { ...failure, ...(usage === undefined ? {} : { usage: [usage] }) };
      }
      case 'agent':
        return { ...failure, name, agentName: name };
      case 'tool':
        return { ...failure, name };
      default:
        return failure;
    }
  },

  output: ({ attributes }, kind) =>
    kind === 'llm'
      ? messagesOf(readData(attributes, 'response') ?? readData(attributes, 'output'), 'assistant')
      : undefined,
  input(view, kind) {
    if (kind !== 'llm') return undefined;
    const given = messagesOf(readData(view.attributes, 'raw_input') ?? readData(view.attributes, 'input'), 'user');
    const instructions = textField(responseOf(view.attributes), 'instructions');
    return given === undefined || instructions === undefined || given.messages[0]?.role === 'system'
      ? given
      : { ...given, messages: [{ role: 'system', parts: [{ type: 'text', text: instructions }] }, ...given.messages] };
  },
  tools: ({ attributes }) => readToolDefinitions(field(responseOf(attributes), 'tools') ?? []),
  toolArguments: ({ attributes }) => textReading(attributes.get('input')),
  toolResult: ({ attributes }) => textReading(attributes.get('output')),
};

const responseOf = (attributes: AttributeReader): unknown => readData(attributes, 'response')?.data;

/** `{"message": …, "data": {"error": …}}`, as the SDK gives it to its tracers. */
function errorOf(attributes: SpanView['attributes']): FactsPart {
  const error = readData(attributes, 'error')?.data;
  const message = textField(field(error, 'data'), 'error') ?? textField(error, 'message');
  return message === undefined ? {} : { error: { type: 'error', message: message.slice(0, longestError) } };
}

const longestError = 2_000;
