import type { Message, Part } from '../../../../../../shared/model/message.ts';
import { defined } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import { withExtraBody } from '../../by-hand.ts';
import type { ByHand } from '../../by-hand.ts';
import { openaiByHand } from '../openai-by-hand.ts';
import {
  isAnswer,
  jsonSchema,
  mediaAddress,
  onlyText,
  streamMember,
  toolsMember,
  unknownPart,
  withCallIds,
  without,
  writeTraced,
} from '../traced-call.ts';
import type { NoteOf, ParameterNames } from '../traced-call.ts';

/** Arguments of `chat.completions.create` that every version of the package has. */
const named = new Set([
  'model',
  'messages',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'temperature',
  'top_p',
  'n',
  'stop',
  'seed',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'response_format',
  'user',
]);

const parameterNames: ParameterNames = {
  temperature: 'temperature',
  top_p: 'top_p',
  max_tokens: 'max_tokens',
  max_output_tokens: 'max_tokens',
  max_completion_tokens: 'max_completion_tokens',
  stop: 'stop',
  stop_sequences: 'stop',
  seed: 'seed',
  n: 'n',
  choice_count: 'n',
  frequency_penalty: 'frequency_penalty',
  presence_penalty: 'presence_penalty',
  logit_bias: 'logit_bias',
  logprobs: 'logprobs',
  top_logprobs: 'top_logprobs',
  response_format: 'response_format',
  reasoning_effort: 'reasoning_effort',
  tool_choice: 'tool_choice',
  parallel_tool_calls: 'parallel_tool_calls',
  service_tier: 'service_tier',
  verbosity: 'verbosity',
  user: 'user',
};

export const chatByHand: ByHand = {
  ...openaiByHand('client.chat.completions.create'),
  path: () => '/chat/completions',
  pythonArguments: (_model, body) => withExtraBody(body, named),
  write: (call) =>
    writeTraced(call, parameterNames, ({ members, stream, note }) => ({
      model: call.model,
      messages: withCallIds(call.messages, note).flatMap((message) => writeMessage(message, note)),
      ...toolsMember(call.tools, ({ name, description, parameters }) => ({
        type: 'function',
        function: defined({ name, description, parameters: jsonSchema(parameters) }),
      })),
      ...members,
      ...streamMember(stream),
    })),
};

function writeMessage(message: Message, note: NoteOf): readonly JsonRecord[] {
  const results = message.parts.filter((part) => part.type === 'tool_result');
  const others = message.parts.filter((part) => part.type !== 'tool_result');
  const written: JsonRecord[] = results.map(({ id, result }) => ({
    role: 'tool',
    ...defined({ tool_call_id: id }),
    content: result,
  }));
  if (others.length === 0 && results.length > 0) return written;
  const plain = onlyText({ ...message, parts: others.filter(({ type }) => type !== 'tool_call') });
  if (!isAnswer(message)) {
    const content = plain ?? others.flatMap((part) => writePart(part, note));
    const role = message.role === 'system' || message.role === 'developer' ? message.role : 'user';
    return [...written, { role, content, ...defined({ name: message.name }) }];
  }
  const calls = others.filter((part) => part.type === 'tool_call' && part.server !== true);
  const content = plain ?? others.filter(({ type }) => type !== 'tool_call').flatMap((part) => writePart(part, note));
  return [
    ...written,
    {
      role: 'assistant',
      content: content.length === 0 && calls.length > 0 ? null : content,
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.flatMap((part) =>
              part.type === 'tool_call'
                ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments ?? '{}' } }]
                : [],
            ),
          }),
    },
  ];
}

function writePart(part: Part, note: NoteOf): readonly JsonRecord[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'media': {
      const url = mediaAddress(part);
      return url !== undefined && part.modality === 'image'
        ? [{ type: 'image_url', image_url: { url } }]
        : without('media', note);
    }
    case 'reasoning':
      return without('reasoning', note);
    case 'unknown':
      return unknownPart(part, note);
    default:
      return [];
  }
}
