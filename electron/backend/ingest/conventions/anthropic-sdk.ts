import type { Notice } from '../../../../shared/model/run.ts';
import { parametersWithPrefix, readData, readMessageAttribute } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention, FactsPart } from './convention.ts';
import { resultText } from './part-shapes.ts';
import { known, textOrJson } from './structure.ts';

/**
 * The Anthropic SDK's own spans (scope `com.anthropic.sdk.<language>`): GenAI attributes with `anthropic.*` extras.
 * Input counts include cached tokens, unlike Claude Code's. Source: FACTS.md, Anthropic SDK.
 */
const scope = /^com\.anthropic\.(sdk\.|claude-platform)/;

function resentNotice(attempts: number): Notice {
  const subject = attempts === 1 ? '1 failed attempt' : `${attempts} failed attempts`;
  return { code: 'request-retried', message: `${subject} before this answer: the client sends no span for them.` };
}

export const anthropicSdk: Convention = {
  ...silent,
  id: 'anthropic-sdk',
  carrierRank: 1,
  version: 1,
  inputKeys: [],

  applies: (view) => scope.test(view.scopeName) || view.name.startsWith('anthropic.'),

  classify(view) {
    if (/^anthropic\.messages\.(create|stream|parse)$/.test(view.name)) return { kind: 'llm' };
    if (view.name === 'anthropic.messages.tool_runner') return { kind: 'agent', subKind: 'tool_runner' };
    if (/^anthropic\.(custom_)?tool_use( |$)/.test(view.name)) return { kind: 'tool' };
    return undefined;
  },

  facts(view, kind): FactsPart {
    const failed =
      kind !== 'tool'
        ? undefined
        : view.statusCode === 2 || view.attributes.has('error.type')
          ? true
          : view.statusCode === 1
            ? false
            : undefined;
    const resent = view.attributes.number('http.request.resend_count') ?? 0;
    const conversation = view.attributes.text('anthropic.session.id');
    const text = failed === true ? resultText(readData(view.attributes, 'anthropic.tool_result.content')?.data) : '';
    const type = view.attributes.text('error.type');
    return {
      toolIsError: failed,
      ...(kind === 'tool' ? { toolIsServer: view.attributes.text('gen_ai.tool.type') === 'extension' } : {}),
      ...(text === '' ? {} : { error: { message: text.slice(0, 2_000), ...known({ type }) } }),
      ...(conversation === undefined ? {} : { conversation: { key: 'anthropic.session.id', value: conversation } }),
      ...(kind === 'llm' && resent > 0 ? { notices: [resentNotice(resent)] } : {}),
    };
  },

  parameters: (view) => [
    ...parametersWithPrefix(view.attributes, 'anthropic.thinking.', new Set()).map((parameter) => ({
      ...parameter,
      name: `thinking.${parameter.name}`,
    })),
    ...parametersWithPrefix(view.attributes, 'anthropic.beta', new Set()).map((parameter) => ({
      ...parameter,
      name: 'beta',
    })),
  ],

  toolResult(view) {
    const reading = readData(view.attributes, 'anthropic.tool_result.content');
    return reading === undefined ? undefined : { text: resultText(reading.data), state: reading.state };
  },

  /**
   * Server-side threads: each call sends, and its span records, only the new messages (FACTS.md, Anthropic SDK). No attribute names the
   * previous message, so a continued call is known by the beta together with an input that begins with tool results.
   */
  continues(view) {
    const previous =
      view.attributes.text('anthropic.thread.previous_message_id') ??
      view.attributes.text('gen_ai.request.previous_response.id');
    if (previous !== undefined) return { previousResponseId: previous };
    if (textOrJson(view.attributes.get('anthropic.beta'))?.includes('message-threads') !== true) return undefined;
    const first = readMessageAttribute(view.attributes, 'gen_ai.input.messages', 'user')?.messages[0];
    const answersTools =
      first !== undefined && first.parts.length > 0 && first.parts.some((part) => part.type === 'tool_result');
    return answersTools ? { previousResponseId: undefined } : undefined;
  },
};
