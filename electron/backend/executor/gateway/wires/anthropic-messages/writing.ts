import type { Usage } from '../../../../../../shared/model/usage.ts';
import { isRecord, parseJson } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import type { WireAnswer, WirePart } from '../../wire.ts';

/** Answers in the shapes of the messages API. */

export function writeBlock(part: WirePart): readonly JsonRecord[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    case 'reasoning':
      // Thinking without its signature is refused by the provider when it comes back (FACTS.md, Pinned context): left out.
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

export function streamedBlock(block: JsonRecord): {
  readonly open: JsonRecord;
  readonly deltas: readonly JsonRecord[];
} {
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

export function writeFinish({ finish, parts }: WireAnswer): string {
  if (parts.some((part) => part.type === 'tool_call' && part.server !== true)) return 'tool_use';
  return finish === 'length' ? 'max_tokens' : finish === 'content_filter' ? 'refusal' : 'end_turn';
}

export function writeUsage(usage: Usage | undefined): {
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
