import type { Part, ToolDefinition } from '../../../../shared/model/message.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import {
  cursorAt,
  elementsOf,
  insertElement,
  kindOf,
  memberOf,
  replaceWith,
  sourceOf,
} from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import { asCount, asList, asRecord, asText, defined, isRecord, parseJson, stableJson } from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import { formatSse } from './sse.ts';
import { errorText, locatedText, otherParams, textOfParts } from './wire-common.ts';
import type { LocatedText, WireAnswer, WireFinish, WireFormat, WireItem, WirePart } from './wire.ts';

/** OpenAI chat.completions, and everyone who speaks it (Ollama, vLLM, OpenRouter, Groq …). Shapes: rerun.md 7. */

const knownMembers = new Set([
  'model',
  'messages',
  'tools',
  'functions',
  'stream',
  'user',
  'metadata',
  'store',
  'prompt_cache_key',
  'safety_identifier',
]);

export const openAiChat: WireFormat = {
  family: 'openai.chat',
  provider: 'openai',
  recognise: (path) =>
    path.endsWith('/chat/completions') ? { family: 'openai.chat', model: undefined, stream: undefined } : undefined,

  readRequest(body, route) {
    const request = asRecord(body);
    const system: WirePart[] = [];
    const items: WireItem[] = [];
    for (const message of asList(request['messages'])) {
      const item = readMessage(asRecord(message));
      if (item.role === 'system') system.push(...item.parts);
      else items.push(item);
    }
    return {
      family: route.family,
      model: asText(request['model']) ?? '',
      stream: request['stream'] === true,
      system,
      items,
      tools: [...asList(request['tools']), ...asList(request['functions'])].map(readTool),
      params: otherParams(request, knownMembers),
      continues: undefined,
    };
  },

  readAnswer(body) {
    const answer = asRecord(body);
    const choice = asRecord(asList(answer['choices'])[0]);
    const message = asRecord(choice['message']);
    return {
      id: asText(answer['id']),
      model: asText(answer['model']),
      parts: choice['message'] === undefined ? [] : readMessage({ role: 'assistant', ...message }).parts,
      finish: readFinish(choice['finish_reason']),
      usage: readUsage(answer['usage']),
      error: errorText(answer['error']),
    };
  },

  readStream(events) {
    let id: string | undefined;
    let model: string | undefined;
    let text = '';
    let reasoning = '';
    let refusal = '';
    let finish: WireFinish | undefined;
    let usage: Usage | undefined;
    let error: string | undefined;
    const calls = new Map<number, { id: string | undefined; name: string; arguments: string; custom: boolean }>();
    for (const { data } of events) {
      const chunk = asRecord(parseJson(data));
      id ??= asText(chunk['id']) || undefined;
      model ??= asText(chunk['model']) || undefined;
      usage = readUsage(chunk['usage']) ?? usage;
      error ??= errorText(chunk['error']);
      const choice = asRecord(asList(chunk['choices']).find((item) => (asCount(asRecord(item)['index']) ?? 0) === 0));
      finish = readFinish(choice['finish_reason']) ?? finish;
      const delta = asRecord(choice['delta']);
      text += asText(delta['content']) ?? '';
      refusal += asText(delta['refusal']) ?? '';
      reasoning += asText(delta['reasoning_content']) ?? asText(delta['reasoning']) ?? '';
      for (const [position, item] of asList(delta['tool_calls']).entries()) {
        const call = asRecord(item);
        const index = asCount(call['index']) ?? calls.size + position;
        const known = calls.get(index) ?? { id: undefined, name: '', arguments: '', custom: false };
        const body = asRecord(call['function'] ?? call['custom']);
        known.id ??= asText(call['id']);
        known.custom ||= call['custom'] !== undefined;
        known.name += asText(body['name']) ?? '';
        known.arguments += asText(body['arguments'] ?? body['input']) ?? '';
        calls.set(index, known);
      }
    }
    const parts: WirePart[] = [];
    if (reasoning !== '') parts.push({ type: 'reasoning', text: reasoning });
    if (text !== '') parts.push({ type: 'text', text });
    if (refusal !== '') parts.push({ type: 'text', text: refusal });
    for (const [, call] of [...calls].toSorted(([a], [b]) => a - b)) {
      parts.push({
        type: 'tool_call',
        name: call.name,
        arguments: call.arguments,
        ...defined({ id: call.id }),
        ...(call.custom ? { custom: true } : {}),
      });
    }
    return { id, model, parts, finish, usage, error };
  },

  writeAnswer(answer, model) {
    return JSON.stringify({
      id: answer.id ?? 'chatcmpl-retake',
      object: 'chat.completion',
      created: nowSeconds(),
      model,
      choices: [{ index: 0, message: writeAssistant(answer), logprobs: null, finish_reason: writeFinish(answer) }],
      usage: writeUsage(answer.usage),
    });
  },

  writeStream(answer, model, { includeUsage }) {
    const head = { id: answer.id ?? 'chatcmpl-retake', object: 'chat.completion.chunk', created: nowSeconds(), model };
    const chunk = (delta: unknown, finish: string | null = null): string =>
      formatSse(undefined, {
        ...head,
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        ...(includeUsage ? { usage: null } : {}),
      });
    const message = writeAssistant(answer);
    let stream = chunk({ role: 'assistant', content: '' });
    if (message.reasoning_content !== undefined) stream += chunk({ reasoning_content: message.reasoning_content });
    if (message.content !== null) stream += chunk({ content: message.content });
    for (const [index, call] of (message.tool_calls ?? []).entries()) {
      if (call.type === 'custom') {
        stream += chunk({ tool_calls: [{ index, ...call }] });
        continue;
      }
      stream += chunk({
        tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.function.name, arguments: '' } }],
      });
      stream += chunk({ tool_calls: [{ index, function: { arguments: call.function.arguments } }] });
    }
    stream += chunk({}, writeFinish(answer));
    if (includeUsage) stream += formatSse(undefined, { ...head, choices: [], usage: writeUsage(answer.usage) });
    return `${stream}data: [DONE]\n\n`;
  },

  writeError: (status, message) =>
    JSON.stringify({
      error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', param: null, code: null },
    }),

  itemList: (root) => memberOf(root, 'messages'),
  placesOf(root) {
    let next = 0;
    return elementsOf(openList(root)).map((element) => (isSystem(element) ? 'system' : [next++]));
  },
  systemTexts: (root) => elementsOf(openList(root)).filter(isSystem).flatMap(textsOfContent),
  itemTexts: textsOfContent,
  results(root) {
    return elementsOf(openList(root)).flatMap((element) => {
      const message = asRecord(parseJson(sourceOf(element)));
      const value = memberOf(element, 'content');
      return message['role'] === 'tool' && value
        ? [{ callId: asText(message['tool_call_id']), name: asText(message['name']), value, holder: element }]
        : [];
    });
  },
  writeItem: (role, text) => JSON.stringify({ role, content: text }),
  addSystem: (root, text) => insertElement(openList(root), 0, JSON.stringify({ role: 'system', content: text })),
  systemMember: undefined,
  writeResult: ({ value }, content) => [replaceWith(value, JSON.stringify(content))],
};

function openList(root: JsonCursor): JsonCursor {
  return memberOf(root, 'messages') ?? { text: root.text, start: root.start, end: root.start };
}

function isSystem(element: JsonCursor): boolean {
  const role = memberOf(element, 'role');
  const source = role && sourceOf(role);
  return source === '"system"' || source === '"developer"';
}

function textsOfContent(element: JsonCursor): readonly LocatedText[] {
  const content = memberOf(element, 'content');
  if (!content) return [];
  if (kindOf(content) === 'string') return locatedText(content);
  return elementsOf(content).flatMap((part) => locatedText(cursorAt(part, 'text')));
}

function readMessage(message: JsonRecord): WireItem {
  const role = asText(message['role']);
  if (role === 'tool' || role === 'function') {
    return {
      role: 'tool',
      parts: [
        {
          type: 'tool_result',
          result: textOfContent(message['content']),
          ...defined({ id: asText(message['tool_call_id']), name: asText(message['name']) }),
        },
      ],
    };
  }
  const parts: WirePart[] = [];
  const reasoning = asText(message['reasoning_content']) ?? asText(message['reasoning']);
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning });
  parts.push(...readContent(message['content']));
  const refusal = asText(message['refusal']);
  if (refusal) parts.push({ type: 'text', text: refusal });
  for (const item of asList(message['tool_calls'])) {
    const call = asRecord(item);
    const custom = isRecord(call['custom']);
    const body = asRecord(call['function'] ?? call['custom']);
    const written = body['arguments'] ?? body['input'];
    parts.push({
      type: 'tool_call',
      name: asText(body['name']) ?? '',
      arguments: asText(written) ?? (written === undefined ? '' : stableJson(written)),
      ...defined({ id: asText(call['id']) }),
      ...(custom ? { custom: true } : {}),
    });
  }
  return {
    role: role === 'system' || role === 'developer' ? 'system' : role === 'assistant' ? 'assistant' : 'user',
    parts,
  };
}

function readContent(content: unknown): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return asList(content).map((item): Part => {
    const part = asRecord(item);
    const text = asText(part['text']) ?? asText(part['refusal']);
    if (text !== undefined) return { type: 'text', text };
    if (isRecord(part['image_url']))
      return { type: 'media', modality: 'image', ...defined({ uri: asText(part['image_url']['url']) }) };
    return { type: 'unknown', raw: stableJson(item) };
  });
}

function textOfContent(content: unknown): string {
  return typeof content === 'string' ? content : textOfParts(readContent(content));
}

function readTool(item: unknown): ToolDefinition {
  const tool = asRecord(item);
  const body = isRecord(tool['function']) ? tool['function'] : isRecord(tool['custom']) ? tool['custom'] : tool;
  const parameters = body['parameters'] ?? body['format'];
  return {
    name: asText(body['name']) ?? asText(tool['type']) ?? '',
    ...defined({
      description: asText(body['description']),
      parameters: parameters === undefined ? undefined : stableJson(parameters),
    }),
  };
}

function readFinish(value: unknown): WireFinish | undefined {
  switch (asText(value)) {
    case undefined:
      return undefined;
    case 'stop':
      return 'stop';
    case 'length':
      return 'length';
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls';
    case 'content_filter':
      return 'content_filter';
    case 'error':
      return 'error';
    default:
      return 'other';
  }
}

function writeFinish({ finish, parts }: WireAnswer): string {
  if (parts.some(({ type }) => type === 'tool_call')) return 'tool_calls';
  return finish === 'length' || finish === 'content_filter' ? finish : 'stop';
}

function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  return defined({
    input: asCount(value['prompt_tokens']),
    output: asCount(value['completion_tokens']),
    cacheRead: asCount(asRecord(value['prompt_tokens_details'])['cached_tokens']),
    reasoning: asCount(asRecord(value['completion_tokens_details'])['reasoning_tokens']),
  });
}

function writeUsage(usage: Usage | undefined): unknown {
  const input = usage?.input ?? 0;
  const output = usage?.output ?? 0;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: usage?.cacheRead ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage?.reasoning ?? 0 },
  };
}

type WrittenCall =
  | {
      readonly id: string;
      readonly type: 'function';
      readonly function: { readonly name: string; readonly arguments: string };
    }
  | {
      readonly id: string;
      readonly type: 'custom';
      readonly custom: { readonly name: string; readonly input: string };
    };

function writeAssistant({ parts }: WireAnswer): {
  role: 'assistant';
  content: string | null;
  refusal: null;
  reasoning_content?: string;
  tool_calls?: readonly WrittenCall[];
} {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const reasoning = parts.flatMap((part) => (part.type === 'reasoning' && part.text !== undefined ? [part.text] : []));
  const calls = parts.flatMap((part, index): WrittenCall[] => {
    if (part.type !== 'tool_call') return [];
    const id = part.id ?? `call_retake_${index}`;
    return part.custom === true
      ? [{ id, type: 'custom', custom: { name: part.name, input: part.arguments ?? '' } }]
      : [{ id, type: 'function', function: { name: part.name, arguments: part.arguments ?? '{}' } }];
  });
  return {
    role: 'assistant',
    content: texts.length > 0 ? texts.join('') : null,
    refusal: null,
    ...(reasoning.length > 0 ? { reasoning_content: reasoning.join('') } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
