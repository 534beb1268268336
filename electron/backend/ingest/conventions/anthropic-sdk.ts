import { asText } from './structure.ts';
import { parametersWithPrefix, readData, readMessageAttribute } from './attribute-content.ts';
import { silent, type Convention, type FactsPart } from './convention.ts';
import { resultText } from './part-shapes.ts';

/**
 * The Anthropic SDK's own spans (scope `com.anthropic.sdk.<language>`): GenAI attributes with `anthropic.*` extras.
 * Input counts include cached tokens, unlike Claude Code's. Source: semconv.md 4.13, clients.md.
 */
const scope = /^com\.anthropic\.(sdk\.|claude-platform)/;

export const anthropicSdk: Convention = {
  ...silent,
  id: 'anthropic-sdk',
  inputKeys: [],

  applies: (view) => scope.test(view.scopeName) || view.name.startsWith('anthropic.'),

  classify(view) {
    if (/^anthropic\.messages\.(create|stream|parse)$/.test(view.name)) return { kind: 'llm' };
    if (view.name === 'anthropic.messages.tool_runner') return { kind: 'agent', subKind: 'tool_runner' };
    if (/^anthropic\.(custom_)?tool_use( |$)/.test(view.name)) return { kind: 'tool' };
    return undefined;
  },

  facts(view, kind): FactsPart {
    const failed = kind !== 'tool' ? undefined
      : view.statusCode === 2 || view.attributes.has('error.type') ? true
      : view.statusCode === 1 ? false : undefined;
    const resent = view.attributes.number('http.request.resend_count') ?? 0;
    const conversation = view.attributes.text('anthropic.session.id');
    const text = failed === true ? resultText(readData(view.attributes, 'anthropic.tool_result.content')?.data) : '';
    const type = view.attributes.text('error.type');
    return {
      toolIsError: failed,
      ...(kind === 'tool' ? { toolIsServer: view.attributes.text('gen_ai.tool.type') === 'extension' } : {}),
      ...(text === '' ? {} : { error: { message: text.slice(0, 2_000), ...(type === undefined ? {} : { type }) } }),
      ...(conversation === undefined ? {} : { conversation: { key: 'anthropic.session.id', value: conversation } }),
      ...(kind === 'llm' && resent > 0
        ? { notices: [{ code: 'request-retried', message: `${resent} failed attempt${resent === 1 ? '' : 's'} before this answer: the client sends no span for them.` }] }
        : {}),
    };
  },

  parameters: (view) => [
    ...parametersWithPrefix(view.attributes, 'anthropic.thinking.', new Set()).map((parameter) => ({ ...parameter, name: `thinking.${parameter.name}` })),
    ...parametersWithPrefix(view.attributes, 'anthropic.beta', new Set()).map((parameter) => ({ ...parameter, name: 'beta' })),
  ],

  toolResult(view) {
    const reading = readData(view.attributes, 'anthropic.tool_result.content');
    return reading === undefined ? undefined : { text: resultText(reading.data), state: reading.state };
  },

  /**
   * Server-side threads: each call sends, and its span records, only the new messages (clients.md 0.6). No attribute names the
   * previous message, so a continued call is known by the beta together with an input that begins with tool results.
   */
  continues(view) {
    const previous = asText(view.attributes.get('anthropic.thread.previous_message_id')) ?? asText(view.attributes.get('gen_ai.request.previous_response.id'));
    if (previous !== undefined) return { previousResponseId: previous };
    if (!JSON.stringify(view.attributes.json('anthropic.beta') ?? view.attributes.text('anthropic.beta') ?? '').includes('message-threads')) return undefined;
    const first = readMessageAttribute(view.attributes, 'gen_ai.input.messages', 'user')?.messages[0];
    const answersTools = first !== undefined && first.parts.length > 0 && first.parts.some((part) => part.type === 'tool_result');
    return answersTools ? { previousResponseId: undefined } : undefined;
  },
};
