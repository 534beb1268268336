import type { Part, ToolDefinition } from '../../../../shared/model/message.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import { elementsOf, kindOf, memberOf, replaceWith, setMember, sourceOf } from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import { asCount, asList, asRecord, asText, defined, isRecord, parseJson, stableJson } from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import { formatSse } from './sse.ts';
import { errorText, locatedText, otherParams, textOfParts } from './wire-common.ts';
import type { LocatedText, WireAnswer, WireFinish, WireFormat, WireItem, WirePart } from './wire.ts';

/** OpenAI responses. Unknown item types pass through as they are: Codex sends its tools in one of them. Shapes: rerun.md 7. */

const knownMembers = new Set([
  'model',
  'input',
  'instructions',
  'tools',
  'stream',
  'stream_options',
  'user',
  'metadata',
  'client_metadata',
  'store',
  'prompt_cache_key',
  'safety_identifier',
  'previous_response_id',
  'conversation',
]);

export const openAiResponses: WireFormat = {
  family: 'openai.responses',
  provider: 'openai',
  recognise: (path) =>
    /(?:^|\/)responses$/.test(path) ? { family: 'openai.responses', model: undefined, stream: undefined } : undefined,

  readRequest(body, route) {
    const request = asRecord(body);
    const system: WirePart[] = request['instructions'] === undefined ? [] : [...readContent(request['instructions'])];
    const items: WireItem[] = [];
    const tools = asList(request['tools']).map(readTool);
    for (const entry of inputOf(request['input'])) {
      const item = asRecord(entry);
      if (isInstruction(item)) system.push(...readContent(item['content']));
      else if (item['type'] === 'additional_tools') tools.push(...asList(item['tools']).map(readTool));
      else items.push(readItem(item));
    }
    return {
      family: route.family,
      model: asText(request['model']) ?? '',
      stream: request['stream'] === true,
      system,
      items,
      tools,
      params: otherParams(request, knownMembers),
      continues:
        asText(request['previous_response_id']) ??
        asText(request['conversation']) ??
        asText(asRecord(request['conversation'])['id']),
    };
  },

  readAnswer(body) {
    const answer = asRecord(body);
    return {
      id: asText(answer['id']),
      model: asText(answer['model']),
      parts: asList(answer['output']).flatMap((item) => readItem(asRecord(item)).parts),
      finish: readFinish(answer),
      usage: readUsage(answer['usage']),
      error: errorText(answer['error']),
    };
  },

  readStream(events) {
    const done = new Map<number, unknown>();
    let head: JsonRecord = {};
    let final: JsonRecord | undefined;
    let error: string | undefined;
    for (const { data } of events) {
      const event = asRecord(parseJson(data));
      switch (event['type']) {
        case 'response.created':
          head = asRecord(event['response']);
          break;
        case 'response.output_item.done':
          done.set(asCount(event['output_index']) ?? done.size, event['item']);
          break;
        case 'response.completed':
        case 'response.incomplete':
        case 'response.failed':
          final = asRecord(event['response']);
          break;
        case 'error':
          error = errorText(event['error'] ?? event['message']);
          break;
        default:
      }
    }
    // Some servers end with an empty output: the items were sent before.
    const output =
      final && asList(final['output']).length > 0
        ? asList(final['output'])
        : [...done].toSorted(([a], [b]) => a - b).map(([, item]) => item);
    const answer = { ...head, ...final, output };
    const read = openAiResponses.readAnswer(answer);
    return { ...read, finish: final ? read.finish : undefined, error: read.error ?? error };
  },

  writeAnswer: (answer, model) => JSON.stringify(writeResponse(answer, model, 'completed')),

  writeStream(answer, model) {
    let sequence = 0;
    const send = (type: string, fields: JsonRecord): string =>
      formatSse(type, { type, sequence_number: sequence++, ...fields });
    const opening = { ...writeResponse({ ...answer, parts: [] }, model, 'in_progress'), usage: null };
    let stream = send('response.created', { response: opening }) + send('response.in_progress', { response: opening });
    for (const [output_index, item] of outputItems(answer).entries()) stream += streamItem(item, output_index, send);
    const status = answer.finish === 'length' ? 'incomplete' : 'completed';
    return stream + send(`response.${status}`, { response: writeResponse(answer, model, status) });
  },

  writeError: (status, message) =>
    JSON.stringify({
      error: { message, type: status < 500 ? 'invalid_request_error' : 'server_error', param: null, code: null },
    }),

  itemList: (root) => memberOf(root, 'input'),
  placesOf(root) {
    let next = 0;
    return elementsOf(inputList(root)).map((element) => {
      const item = asRecord(parseJson(sourceOf(element)));
      return isInstruction(item) || item['type'] === 'additional_tools' ? 'system' : [next++];
    });
  },
  systemTexts(root) {
    const inList = elementsOf(inputList(root))
      .filter((element) => isInstruction(asRecord(parseJson(sourceOf(element)))))
      .flatMap(textsOfItem);
    return [...locatedText(memberOf(root, 'instructions')), ...inList];
  },
  itemTexts: textsOfItem,
  results(root) {
    return elementsOf(inputList(root)).flatMap((holder) => {
      const item = asRecord(parseJson(sourceOf(holder)));
      const value = memberOf(holder, 'output');
      return value && isOutput(item) ? [{ callId: asText(item['call_id']), name: undefined, value, holder }] : [];
    });
  },
  writeItem: (role, text) =>
    JSON.stringify({
      type: 'message',
      role,
      content: [{ type: role === 'assistant' ? 'output_text' : 'input_text', text }],
    }),
  addSystem(root, text) {
    return setMember(root, 'instructions', JSON.stringify(text)) ?? replaceWith(root, sourceOf(root));
  },
  systemMember: 'instructions',
  writeResult: ({ value }, content) => [replaceWith(value, JSON.stringify(content))],
};

function inputList(root: JsonCursor): JsonCursor {
  return memberOf(root, 'input') ?? { text: root.text, start: root.start, end: root.start };
}

function inputOf(input: unknown): readonly unknown[] {
  return typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : asList(input);
}

function isInstruction(item: JsonRecord): boolean {
  return item['role'] === 'system' || item['role'] === 'developer';
}

function isOutput(item: JsonRecord): boolean {
  return asText(item['type'])?.endsWith('_call_output') === true;
}

function textsOfItem(element: JsonCursor): readonly LocatedText[] {
  const content = memberOf(element, 'content');
  if (!content) return [];
  if (kindOf(content) === 'string') return locatedText(content);
  return elementsOf(content).flatMap((part) => locatedText(memberOf(part, 'text')));
}

function readItem(item: JsonRecord): WireItem {
  const type = asText(item['type']) ?? 'message';
  const id = asText(item['call_id']) ?? asText(item['id']);
  if (type === 'message')
    return { role: item['role'] === 'assistant' ? 'assistant' : 'user', parts: readContent(item['content']) };
  if (type === 'function_call' || type === 'custom_tool_call') {
    const written = item['arguments'] ?? item['input'];
    return {
      role: 'assistant',
      parts: [
        {
          type: 'tool_call',
          name: asText(item['name']) ?? '',
          arguments: asText(written) ?? (written === undefined ? '' : stableJson(written)),
          ...defined({ id }),
          ...(type === 'custom_tool_call' ? { custom: true } : {}),
        },
      ],
    };
  }
  if (isOutput(item))
    return {
      role: 'tool',
      parts: [
        {
          type: 'tool_result',
          result: typeof item['output'] === 'string' ? item['output'] : textOfParts(readContent(item['output'])),
          ...defined({ id }),
        },
      ],
    };
  if (type === 'reasoning') {
    const texts = [...asList(item['summary']), ...asList(item['content'])].flatMap(
      (part) => asText(asRecord(part)['text']) ?? [],
    );
    const signature = asText(item['encrypted_content']);
    return {
      role: 'assistant',
      parts: [
        {
          type: 'reasoning',
          ...defined({
            text: texts.length > 0 ? texts.join('\n') : undefined,
            signature,
            encrypted: signature === undefined ? undefined : true,
          }),
        },
      ],
    };
  }
  // web_search_call, code_interpreter_call …: run by the provider, repeated by the client as it came.
  const { id: _id, status: _status, ...rest } = item;
  return { role: type.endsWith('_call') ? 'assistant' : 'user', parts: [{ type: 'unknown', raw: stableJson(rest) }] };
}

function readContent(content: unknown): readonly Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return asList(content).map((entry): Part => {
    const part = asRecord(entry);
    const text = asText(part['text']) ?? asText(part['refusal']);
    if (text !== undefined) return { type: 'text', text };
    if (part['type'] === 'input_image')
      return {
        type: 'media',
        modality: 'image',
        ...defined({ uri: asText(part['image_url']), fileId: asText(part['file_id']) }),
      };
    return { type: 'unknown', raw: stableJson(entry) };
  });
}

function readTool(entry: unknown): ToolDefinition {
  const tool = asRecord(entry);
  const parameters = tool['parameters'] ?? tool['format'] ?? (tool['tools'] === undefined ? undefined : tool['tools']);
  return {
    name: asText(tool['name']) ?? asText(tool['type']) ?? '',
    ...defined({
      description: asText(tool['description']),
      parameters: parameters === undefined ? undefined : stableJson(parameters),
    }),
  };
}

function readFinish(answer: JsonRecord): WireFinish | undefined {
  const reason = asText(asRecord(answer['incomplete_details'])['reason']);
  switch (asText(answer['status'])) {
    case undefined:
    case 'in_progress':
    case 'queued':
      return undefined;
    case 'completed':
      return asList(answer['output']).some((item) =>
        ['function_call', 'custom_tool_call'].includes(asText(asRecord(item)['type']) ?? ''),
      )
        ? 'tool_calls'
        : 'stop';
    case 'incomplete':
      return reason === 'content_filter' ? 'content_filter' : 'length';
    case 'failed':
      return 'error';
    default:
      return 'other';
  }
}

function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  return defined({
    input: asCount(value['input_tokens']),
    output: asCount(value['output_tokens']),
    cacheRead: asCount(asRecord(value['input_tokens_details'])['cached_tokens']),
    reasoning: asCount(asRecord(value['output_tokens_details'])['reasoning_tokens']),
  });
}

function writeResponse(
  answer: WireAnswer,
  model: string,
  status: 'in_progress' | 'completed' | 'incomplete',
): JsonRecord {
  const { usage } = answer;
  const input = usage?.input ?? 0;
  const output = usage?.output ?? 0;
  return {
    id: answer.id ?? 'resp_retake',
    object: 'response',
    created_at: Math.floor(Date.now() / 1_000),
    status,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    model,
    output: outputItems(answer),
    parallel_tool_calls: true,
    previous_response_id: null,
    tools: [],
    tool_choice: 'auto',
    text: { format: { type: 'text' } },
    reasoning: { effort: null, summary: null },
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: usage?.cacheRead ?? 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: usage?.reasoning ?? 0 },
      total_tokens: input + output,
    },
  };
}

function outputItems(answer: WireAnswer): readonly JsonRecord[] {
  const suffix = (answer.id ?? 'retake').replace(/^resp_/, '');
  return answer.parts.flatMap((part, index): JsonRecord[] => {
    switch (part.type) {
      case 'text':
        return [
          {
            id: `msg_${suffix}_${index}`,
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: part.text, annotations: [], logprobs: [] }],
          },
        ];
      case 'reasoning':
        return [
          {
            id: `rs_${suffix}_${index}`,
            type: 'reasoning',
            summary: part.text === undefined ? [] : [{ type: 'summary_text', text: part.text }],
            ...defined({ encrypted_content: part.signature }),
          },
        ];
      case 'tool_call': {
        const call = { call_id: part.id ?? `call_${suffix}_${index}`, name: part.name, status: 'completed' };
        return [
          part.custom === true
            ? { id: `ctc_${suffix}_${index}`, type: 'custom_tool_call', ...call, input: part.arguments ?? '' }
            : { id: `fc_${suffix}_${index}`, type: 'function_call', ...call, arguments: part.arguments ?? '{}' },
        ];
      }
      case 'unknown': {
        const raw = parseJson(part.raw);
        return isRecord(raw) ? [{ id: `item_${suffix}_${index}`, status: 'completed', ...raw }] : [];
      }
      default:
        return [];
    }
  });
}

function streamItem(
  item: JsonRecord,
  output_index: number,
  send: (type: string, fields: JsonRecord) => string,
): string {
  const item_id = item['id'];
  const opened = (change: JsonRecord): string =>
    send('response.output_item.added', {
      output_index,
      item: { ...item, ...(item['type'] === 'reasoning' ? {} : { status: 'in_progress' }), ...change },
    });
  const done = send;
  const close = (): string => done('response.output_item.done', { output_index, item });
  switch (item['type']) {
    case 'message': {
      const part = asRecord(asList(item['content'])[0]);
      const at = { item_id, output_index, content_index: 0 };
      return (
        opened({ content: [] }) +
        send('response.content_part.added', { ...at, part: { ...part, text: '' } }) +
        send('response.output_text.delta', { ...at, delta: part['text'], logprobs: [] }) +
        send('response.output_text.done', { ...at, text: part['text'], logprobs: [] }) +
        send('response.content_part.done', { ...at, part }) +
        close()
      );
    }
    case 'function_call':
      return (
        opened({ arguments: '' }) +
        send('response.function_call_arguments.delta', { item_id, output_index, delta: item['arguments'] }) +
        send('response.function_call_arguments.done', {
          item_id,
          output_index,
          name: item['name'],
          arguments: item['arguments'],
        }) +
        close()
      );
    case 'custom_tool_call':
      return (
        opened({ input: '' }) +
        send('response.custom_tool_call_input.delta', { item_id, output_index, delta: item['input'] }) +
        send('response.custom_tool_call_input.done', { item_id, output_index, input: item['input'] }) +
        close()
      );
    // Clients that read the stream piece by piece take the words from these, not from the item.
    case 'reasoning':
      return (
        opened({ summary: [] }) +
        asList(item['summary'])
          .map((value, summary_index) => {
            const part = asRecord(value);
            const at = { item_id, output_index, summary_index };
            return (
              send('response.reasoning_summary_part.added', { ...at, part: { ...part, text: '' } }) +
              send('response.reasoning_summary_text.delta', { ...at, delta: part['text'] }) +
              send('response.reasoning_summary_text.done', { ...at, text: part['text'] }) +
              send('response.reasoning_summary_part.done', { ...at, part })
            );
          })
          .join('') +
        close()
      );
    default:
      return opened({}) + close();
  }
}
