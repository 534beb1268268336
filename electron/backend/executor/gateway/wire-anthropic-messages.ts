import type { Part, ToolDefinition } from '../../../../shared/model/message.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import { elementsOf, kindOf, memberOf, replaceWith, setMember, sourceOf } from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import {
  asCount,
  asList,
  asRecord,
  asText,
  defined,
  isRecord,
  parseJson,
  stableJson,
  sumKnown,
} from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import { formatSse } from './sse.ts';
import { errorText, locatedText, otherParams, textOfParts } from './wire-common.ts';
import type { LocatedText, WireAnswer, WireFinish, WireFormat, WireItem, WirePart } from './wire.ts';

/** Anthropic messages, with and without the `/v1` before it (clients.md 7). Shapes: rerun.md 7. */

const knownMembers = new Set(['model', 'messages', 'system', 'tools', 'stream', 'metadata', 'thread']);

export const anthropicMessages: WireFormat = {
  family: 'anthropic.messages',
  provider: 'anthropic',
  recognise: (path) =>
    /(?:^|\/)messages$/.test(path) && !path.includes('/threads/')
      ? { family: 'anthropic.messages', model: undefined, stream: undefined }
      : undefined,

  readRequest(body, route) {
    const request = asRecord(body);
    return {
      family: route.family,
      model: asText(request['model']) ?? '',
      stream: request['stream'] === true,
      system: readBlocks(request['system']),
      items: asList(request['messages']).map((item): WireItem => {
        const message = asRecord(item);
        const parts = readBlocks(message['content']);
        const role =
          message['role'] === 'assistant'
            ? 'assistant'
            : parts.length > 0 && parts.every(({ type }) => type === 'tool_result')
              ? 'tool'
              : 'user';
        return { role, parts };
      }),
      tools: asList(request['tools']).map(readTool),
      params: otherParams(request, knownMembers),
      continues: asText(asRecord(request['thread'])['previous_message_id']),
    };
  },

  readAnswer(body) {
    const answer = asRecord(body);
    return {
      id: asText(answer['id']),
      model: asText(answer['model']),
      parts: readBlocks(answer['content']),
      finish: readFinish(answer['stop_reason']),
      usage: readUsage(answer['usage']),
      error: errorText(answer['error']),
    };
  },

  readStream(events) {
    let head: JsonRecord = {};
    let usage: JsonRecord = {};
    let stop: unknown;
    let error: string | undefined;
    const blocks = new Map<number, { block: JsonRecord; text: string; json: string; signature: string }>();
    for (const { data } of events) {
      const event = asRecord(parseJson(data));
      const index = asCount(event['index']) ?? 0;
      switch (event['type']) {
        case 'message_start':
          head = asRecord(event['message']);
          usage = asRecord(head['usage']);
          break;
        case 'content_block_start':
          blocks.set(index, { block: asRecord(event['content_block']), text: '', json: '', signature: '' });
          break;
        case 'content_block_delta': {
          const open = blocks.get(index);
          const delta = asRecord(event['delta']);
          if (!open) break;
          open.text += asText(delta['text']) ?? asText(delta['thinking']) ?? '';
          open.json += asText(delta['partial_json']) ?? '';
          open.signature += asText(delta['signature']) ?? '';
          break;
        }
        case 'message_delta':
          stop = asRecord(event['delta'])['stop_reason'] ?? stop;
          usage = { ...usage, ...asRecord(event['usage']) };
          break;
        case 'error':
          error = errorText(event['error']);
          break;
        default:
      }
    }
    const content = [...blocks]
      .toSorted(([a], [b]) => a - b)
      .map(([, { block, text, json, signature }]) => {
        switch (block['type']) {
          case 'text':
            return { ...block, text: (asText(block['text']) ?? '') + text };
          case 'thinking':
            return {
              ...block,
              thinking: (asText(block['thinking']) ?? '') + text,
              signature: (asText(block['signature']) ?? '') + signature,
            };
          default:
            return json === '' ? block : { ...block, input: parseJson(json) ?? json };
        }
      });
    // The text of the arguments as the model wrote it, before it became an object.
    const written = [...blocks].toSorted(([a], [b]) => a - b).map(([, { json }]) => json);
    const parts = content.flatMap((block, index) => readBlock(block, written[index]));
    return {
      id: asText(head['id']),
      model: asText(head['model']),
      parts,
      finish: readFinish(stop),
      usage: readUsage(usage),
      error,
    };
  },

  writeAnswer(answer, model) {
    return JSON.stringify({
      id: answer.id ?? 'msg_retake',
      type: 'message',
      role: 'assistant',
      model,
      content: answer.parts.flatMap(writeBlock),
      stop_reason: writeFinish(answer),
      stop_sequence: null,
      usage: writeUsage(answer.usage),
    });
  },

  writeStream(answer, model) {
    const usage = writeUsage(answer.usage);
    let stream = formatSse('message_start', {
      type: 'message_start',
      message: {
        id: answer.id ?? 'msg_retake',
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...usage, output_tokens: 1 },
      },
    });
    for (const [index, block] of answer.parts.flatMap(writeBlock).entries()) {
      const { open, deltas } = streamedBlock(block);
      stream += formatSse('content_block_start', { type: 'content_block_start', index, content_block: open });
      for (const delta of deltas)
        stream += formatSse('content_block_delta', { type: 'content_block_delta', index, delta });
      stream += formatSse('content_block_stop', { type: 'content_block_stop', index });
    }
    stream += formatSse('message_delta', {
      type: 'message_delta',
      delta: { stop_reason: writeFinish(answer), stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    });
    return stream + formatSse('message_stop', { type: 'message_stop' });
  },

  writeError: (status, message) =>
    JSON.stringify({ type: 'error', error: { type: status < 500 ? 'invalid_request_error' : 'api_error', message } }),

  itemList: (root) => memberOf(root, 'messages'),
  placesOf: (root) => elementsOf(memberOf(root, 'messages') ?? nothing(root)).map((_, index) => [index]),
  systemTexts(root) {
    const system = memberOf(root, 'system');
    return system ? textsOf(system) : [];
  },
  itemTexts(element) {
    const content = memberOf(element, 'content');
    return content ? textsOf(content) : [];
  },
  results(root) {
    return elementsOf(memberOf(root, 'messages') ?? nothing(root)).flatMap((message) =>
      elementsOf(memberOf(message, 'content') ?? nothing(root)).flatMap((holder) => {
        const block = asRecord(parseJson(sourceOf(holder)));
        if (block['type'] !== 'tool_result') return [];
        return [
          {
            callId: asText(block['tool_use_id']),
            name: undefined,
            value: memberOf(holder, 'content') ?? holder,
            holder,
          },
        ];
      }),
    );
  },
  writeItem: (role, text) => JSON.stringify({ role, content: [{ type: 'text', text }] }),
  addSystem(root, text) {
    return setMember(root, 'system', JSON.stringify(text)) ?? replaceWith(root, sourceOf(root));
  },
  systemMember: 'system',
  writeResult({ value, holder }, content, isError) {
    const written =
      value === holder
        ? setMember(holder, 'content', JSON.stringify(content))
        : replaceWith(value, JSON.stringify(content));
    const flag = isError === undefined ? undefined : setMember(holder, 'is_error', isError ? 'true' : undefined);
    return [written, flag].filter((splice) => splice !== undefined);
  },
};

function nothing(root: JsonCursor): JsonCursor {
  return { text: root.text, start: root.start, end: root.start };
}

function textsOf(content: JsonCursor): readonly LocatedText[] {
  if (kindOf(content) === 'string') return locatedText(content);
  return elementsOf(content).flatMap((block) => locatedText(memberOf(block, 'text')));
}

function readBlocks(content: unknown): readonly WirePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return asList(content).flatMap((block) => readBlock(block, undefined));
}

function readBlock(item: unknown, written: string | undefined): readonly WirePart[] {
  const block = asRecord(item);
  switch (block['type']) {
    case 'text':
      return [{ type: 'text', text: asText(block['text']) ?? '' }];
    case 'thinking':
      return [
        { type: 'reasoning', ...defined({ text: asText(block['thinking']), signature: asText(block['signature']) }) },
      ];
    case 'redacted_thinking':
      return [{ type: 'reasoning', encrypted: true, ...defined({ signature: asText(block['data']) }) }];
    case 'tool_use':
    case 'server_tool_use':
    case 'mcp_tool_use':
      return [
        {
          type: 'tool_call',
          name: asText(block['name']) ?? '',
          arguments: written !== undefined && written !== '' ? written : JSON.stringify(block['input'] ?? {}),
          ...defined({ id: asText(block['id']) }),
          ...(block['type'] === 'tool_use' ? {} : { server: true }),
        },
      ];
    case 'tool_result':
      return [
        {
          type: 'tool_result',
          result: typeof block['content'] === 'string' ? block['content'] : textOfParts(readBlocks(block['content'])),
          ...defined({
            id: asText(block['tool_use_id']),
            isError: typeof block['is_error'] === 'boolean' ? block['is_error'] : undefined,
          }),
        },
      ];
    case 'image':
    case 'document': {
      const source = asRecord(block['source']);
      const media: Part = {
        type: 'media',
        modality: block['type'] === 'image' ? 'image' : 'file',
        ...defined({
          mimeType: asText(source['media_type']),
          uri: asText(source['url']),
          fileId: asText(source['file_id']),
          data: asText(source['data']),
        }),
      };
      return [media];
    }
    default: {
      const { cache_control: _ignored, ...rest } = block;
      return [{ type: 'unknown', raw: stableJson(rest) }];
    }
  }
}

function writeBlock(part: WirePart): readonly JsonRecord[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'reasoning':
      // Thinking without its signature is refused by the provider when it comes back (rerun.md 3.4): left out.
      if (part.signature === undefined) return [];
      return part.encrypted === true
        ? [{ type: 'redacted_thinking', data: part.signature }]
        : [{ type: 'thinking', thinking: part.text ?? '', signature: part.signature }];
    case 'tool_call': {
      const input = parseJson(part.arguments ?? '{}');
      return [
        {
          type: part.server === true ? 'server_tool_use' : 'tool_use',
          id: part.id ?? 'toolu_retake',
          name: part.name,
          input: isRecord(input) ? input : { input: part.arguments ?? '' },
        },
      ];
    }
    case 'unknown': {
      const block = parseJson(part.raw);
      return isRecord(block) ? [block] : [];
    }
    default:
      return [];
  }
}

function streamedBlock(block: JsonRecord): { readonly open: JsonRecord; readonly deltas: readonly JsonRecord[] } {
  switch (block['type']) {
    case 'text':
      return { open: { type: 'text', text: '' }, deltas: [{ type: 'text_delta', text: block['text'] }] };
    case 'thinking':
      return {
        open: { type: 'thinking', thinking: '', signature: '' },
        deltas: [
          { type: 'thinking_delta', thinking: block['thinking'] },
          { type: 'signature_delta', signature: block['signature'] },
        ],
      };
    case 'tool_use':
    case 'server_tool_use':
      return {
        open: { ...block, input: {} },
        deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(block['input']) }],
      };
    default:
      return { open: block, deltas: [] };
  }
}

function readTool(item: unknown): ToolDefinition {
  const tool = asRecord(item);
  const schema = tool['input_schema'];
  return {
    name: asText(tool['name']) ?? asText(tool['type']) ?? '',
    ...defined({
      description: asText(tool['description']),
      parameters: schema === undefined ? undefined : stableJson(schema),
    }),
  };
}

function readFinish(value: unknown): WireFinish | undefined {
  switch (asText(value)) {
    case undefined:
      return undefined;
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'content_filter';
    default:
      return 'other';
  }
}

function writeFinish({ finish, parts }: WireAnswer): string {
  if (parts.some((part) => part.type === 'tool_call' && part.server !== true)) return 'tool_use';
  return finish === 'length' ? 'max_tokens' : finish === 'content_filter' ? 'refusal' : 'end_turn';
}

/** `input_tokens` excludes what came from or went into the cache; ours includes it. */
function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const cacheRead = asCount(value['cache_read_input_tokens']);
  const cacheWrite = asCount(value['cache_creation_input_tokens']);
  const written = asRecord(value['cache_creation']);
  return defined({
    input: sumKnown(asCount(value['input_tokens']), cacheRead, cacheWrite),
    output: asCount(value['output_tokens']),
    cacheRead,
    cacheWrite,
    cacheWrite5m: asCount(written['ephemeral_5m_input_tokens']),
    cacheWrite1h: asCount(written['ephemeral_1h_input_tokens']),
  });
}

function writeUsage(usage: Usage | undefined): {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
} {
  const cacheRead = usage?.cacheRead ?? 0;
  const cacheWrite = usage?.cacheWrite ?? 0;
  return {
    input_tokens: Math.max(0, (usage?.input ?? 0) - cacheRead - cacheWrite),
    output_tokens: usage?.output ?? 0,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
  };
}
