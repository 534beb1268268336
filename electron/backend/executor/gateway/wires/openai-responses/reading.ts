import type { ProviderDiagnosis } from '../../../../../../shared/model/context-lens.ts';
import type { Part, ToolDefinition } from '../../../../../../shared/model/message.ts';
import type { Usage } from '../../../../../../shared/model/usage.ts';
import { asCount, asList, asRecord, asText, defined, isRecord, stableJson } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import type { WireFinish, WireItem } from '../../wire.ts';
import { textOfParts } from '../wire-common.ts';

/** Items and answers of the responses API, read. */

export function isOutput(item: JsonRecord): boolean {
  return asText(item['type'])?.endsWith('_call_output') === true;
}

export function readItem(item: JsonRecord): WireItem {
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

export function readContent(content: unknown): readonly Part[] {
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

export function readTool(entry: unknown): ToolDefinition {
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

export function readFinish(answer: JsonRecord): WireFinish | undefined {
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

export function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  return defined({
    input: asCount(value['input_tokens']),
    output: asCount(value['output_tokens']),
    cacheRead: asCount(asRecord(value['input_tokens_details'])['cached_tokens']),
    reasoning: asCount(asRecord(value['output_tokens_details'])['reasoning_tokens']),
  });
}

/** Undefined: not asked. */
export function readDiagnosis(value: unknown): ProviderDiagnosis | undefined {
  if (!isRecord(value)) return undefined;
  const reason = asText(value['reason']) ?? asText(value['type']);
  return reason === undefined
    ? undefined
    : { reason: reason.slice(0, 200), ...defined({ missedTokens: asCount(value['cache_missed_tokens']) }) };
}
