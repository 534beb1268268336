import { asOneMessage, firstText, messagesOf, readData } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart } from './convention.ts';

/**
 * LiveKit's voice agents: a session of turns, each with model calls, tools and speech (scope `livekit-agents`, keys `lk.*`; what is personal
 * stands below `lk.pii.*`). Model calls follow the GenAI conventions. Source: `livekit/agents`, telemetry; FACTS.md, Other emitters.
 */
const names: ReadonlyMap<string, Classification> = new Map<string, Classification>([
  ['agent_session', { kind: 'chain', subKind: 'session' }],
  ['agent_turn', { kind: 'agent', subKind: 'turn' }],
  ['user_turn', { kind: 'chain', subKind: 'turn' }],
  ['function_tool', { kind: 'tool' }],
  ['llm_node', { kind: 'chain', subKind: 'node', hidden: true }],
  ['tts_node', { kind: 'chain', subKind: 'node', hidden: true }],
  ['tts_request', { kind: 'other', subKind: 'speech' }],
  ['stt_request', { kind: 'other', subKind: 'transcription' }],
  ['eou_detection', { kind: 'other', subKind: 'end_of_turn', hidden: true }],
]);

export const liveKit: Convention = {
  ...silent,
  id: 'livekit',
  version: 1,
  inputKeys: ['lk.user_input', 'lk.pii.user_input', 'lk.chat_ctx', 'lk.pii.chat_ctx', 'lk.function_tool.arguments'],

  applies: (view) => view.scopeName === 'livekit-agents' || view.attributes.keysWithPrefix('lk.').length > 0,
  classify: (view) => names.get(view.name),

  facts({ attributes }, kind): FactsPart {
    return kind === 'tool'
      ? {
          name: attributes.text('lk.function_tool.name'),
          toolCallId: attributes.text('lk.function_tool.id'),
          toolIsError: attributes.boolean('lk.function_tool.is_error'),
        }
      : {};
  },

  input({ attributes }, kind) {
    if (kind === 'tool') return undefined;
    const context = readData(attributes, 'lk.chat_ctx') ?? readData(attributes, 'lk.pii.chat_ctx');
    return (
      messagesOf(context, 'user') ??
      asOneMessage(readData(attributes, 'lk.user_input') ?? readData(attributes, 'lk.pii.user_input'), 'user')
    );
  },
  output: ({ attributes }, kind) =>
    kind === 'tool'
      ? undefined
      : asOneMessage(
          readData(attributes, 'lk.response.text') ?? readData(attributes, 'lk.pii.response.text'),
          'assistant',
        ),
  toolArguments: ({ attributes }) =>
    firstText(attributes, ['lk.function_tool.arguments', 'lk.pii.function_tool.arguments']),
  toolResult: ({ attributes }) => firstText(attributes, ['lk.function_tool.output', 'lk.pii.function_tool.output']),
};
