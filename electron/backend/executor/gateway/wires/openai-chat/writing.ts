import type { Usage } from '../../../../../../shared/model/usage.ts';
import type { WireAnswer } from '../../wire.ts';

/** Answers in the shapes of chat.completions. */

export function writeFinish({ finish, parts }: WireAnswer): string {
  if (parts.some(({ type }) => type === 'tool_call')) return 'tool_calls';
  return finish === 'length' || finish === 'content_filter' ? finish : 'stop';
}

export function writeUsage(usage: Usage | undefined): unknown {
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

export function writeAssistant({ parts }: WireAnswer): {
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

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
