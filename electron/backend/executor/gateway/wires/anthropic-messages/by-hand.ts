import type { Message, Part } from '../../../../../../shared/model/message.ts';
import { defined } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import { withExtraBody } from '../../by-hand.ts';
import type { ByHand } from '../../by-hand.ts';
import {
  argumentsObject,
  isAnswer,
  isInstruction,
  jsonSchema,
  onlyText,
  streamMember,
  toolsMember,
  unknownBytes,
  unknownPart,
  withCallIds,
  without,
  writeTraced,
} from '../traced-call.ts';
import type { NoteOf, ParameterNames } from '../traced-call.ts';

/** Arguments of `messages.create` that every version of the package has. */
const named = new Set([
  'model',
  'max_tokens',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'stream',
  'metadata',
  'thinking',
]);

const parameterNames: ParameterNames = {
  temperature: 'temperature',
  top_p: 'top_p',
  top_k: 'top_k',
  max_tokens: 'max_tokens',
  max_output_tokens: 'max_tokens',
  max_completion_tokens: 'max_tokens',
  stop: 'stop_sequences',
  stop_sequences: 'stop_sequences',
  tool_choice: 'tool_choice',
  thinking: 'thinking',
  service_tier: 'service_tier',
};

/** The API has no request without one. */
const assumedMaxTokens = 4_096;

export const messagesByHand: ByHand = {
  home: 'anthropic',
  path: () => '/v1/messages',
  headers: (key) => [
    ['x-api-key', key],
    ['anthropic-version', '2023-06-01'],
  ],
  python: {
    imports: 'from anthropic import Anthropic',
    client: 'Anthropic',
    options: { address: 'base_url', key: 'api_key' },
    call: 'client.messages.create',
  },
  typescript: {
    imports: "import Anthropic from '@anthropic-ai/sdk';",
    client: 'Anthropic',
    options: { address: 'baseURL', key: 'apiKey' },
    call: 'client.messages.create',
  },
  pythonArguments: (_model, body) => withExtraBody(body, named),
  typescriptArgument: (_model, body) => body,
  write: (call) =>
    writeTraced(call, parameterNames, ({ members, stream, note }) => {
      if (members['max_tokens'] === undefined)
        note(`The trace has no max_tokens, which this API wants: ${assumedMaxTokens} is made up.`);
      const system = call.messages.filter(isInstruction).flatMap(({ parts }) => parts);
      const messages = withCallIds(call.messages, note).filter((message) => !isInstruction(message));
      return {
        model: call.model,
        max_tokens: assumedMaxTokens,
        ...(system.length === 0 ? {} : { system: writeContent({ role: 'system', parts: system }, note) }),
        messages: messages.map((message) => ({
          role: isAnswer(message) ? 'assistant' : 'user',
          content: writeContent(message, note),
        })),
        ...toolsMember(call.tools, ({ name, description, parameters }) =>
          defined({ name, description, input_schema: jsonSchema(parameters) ?? { type: 'object' } }),
        ),
        ...members,
        ...streamMember(stream),
      };
    }),
};

function writeContent(message: Message, note: NoteOf): string | readonly JsonRecord[] {
  return onlyText(message) ?? message.parts.flatMap((part) => writeBlock(part, note));
}

function writeBlock(part: Part, note: NoteOf): readonly JsonRecord[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'tool_call':
      if (part.server === true) return without('server', note);
      return [{ type: 'tool_use', id: part.id, name: part.name, input: argumentsObject(part.arguments) }];
    case 'tool_result':
      if (part.server === true) return without('server', note);
      return [
        { type: 'tool_result', tool_use_id: part.id, content: part.result, ...defined({ is_error: part.isError }) },
      ];
    case 'media': {
      const source =
        part.data !== undefined
          ? { type: 'base64', media_type: part.mimeType ?? unknownBytes, data: part.data }
          : part.uri !== undefined
            ? { type: 'url', url: part.uri }
            : undefined;
      if (source === undefined || part.modality === 'audio' || part.modality === 'video') return without('media', note);
      return [{ type: part.modality === 'image' ? 'image' : 'document', source }];
    }
    case 'reasoning':
      return without('reasoning', note);
    default:
      return unknownPart(part, note);
  }
}
