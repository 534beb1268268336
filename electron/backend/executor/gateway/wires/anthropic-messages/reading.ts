import type { ProviderDiagnosis } from '../../../../../../shared/model/context-lens.ts';
import type { Part, ToolDefinition } from '../../../../../../shared/model/message.ts';
import type { Usage } from '../../../../../../shared/model/usage.ts';
import {
  asCount,
  asList,
  asRecord,
  asText,
  defined,
  isRecord,
  stableJson,
  sumKnown,
} from '../../../../base/json-values.ts';
import type { WireFinish, WirePart } from '../../wire.ts';
import { textOfParts } from '../wire-common.ts';

/** Content blocks and answers of the messages API, read. */

export function readBlocks(content: unknown): readonly WirePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return asList(content).flatMap((block) => readBlock(block, undefined));
}

export function readBlock(item: unknown, written: string | undefined): readonly WirePart[] {
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

export function readTool(item: unknown): ToolDefinition {
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

export function readFinish(value: unknown): WireFinish | undefined {
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

/** `input_tokens` excludes what came from or went into the cache; ours includes it. */
export function readUsage(value: unknown): Usage | undefined {
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

/** Undefined: not asked, or nothing differed. */
export function readDiagnosis(value: unknown): ProviderDiagnosis | undefined {
  if (!isRecord(value)) return undefined;
  const reason = asRecord(value['cache_miss_reason']);
  return {
    reason: asText(reason['type'])?.slice(0, 200) ?? 'pending',
    ...defined({ missedTokens: asCount(reason['cache_missed_input_tokens']) }),
  };
}
