import {
  asArray,
  entriesOf,
  field,
  isStructure,
  jsonText,
  numberField,
  textField,
  textOrJson,
} from '../../conventions/structure.ts';
import type { RecordedUsage, SemanticPart } from './recorded-run.ts';

/** Contents of Google's API, as Gemini CLI and Qwen Code keep them: text, or a list of parts. */
export function partsOf(content: unknown): readonly SemanticPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', content }];
  const list = asArray(content) ?? (isStructure(content) ? [content] : []);
  return list.flatMap(partOf);
}

function partOf(part: unknown): readonly SemanticPart[] {
  if (typeof part === 'string') return part === '' ? [] : [{ type: 'text', content: part }];
  if (!isStructure(part)) return [];
  const call = field(part, 'functionCall');
  if (call !== undefined)
    return [callPart(textField(call, 'id'), textField(call, 'name') ?? 'tool', field(call, 'args'))];
  const response = field(part, 'functionResponse');
  if (response !== undefined)
    return [responsePart(textField(response, 'id'), responseText(field(response, 'response')))];
  const text = textField(part, 'text');
  if (text !== undefined) return [{ type: field(part, 'thought') === true ? 'reasoning' : 'text', content: text }];
  return field(part, 'text') === '' ? [] : [Object.fromEntries(entriesOf(part))];
}

export const callPart = (id: string | undefined, name: string, given: unknown): SemanticPart => ({
  type: 'tool_call',
  ...(id === undefined ? {} : { id }),
  name,
  arguments: given ?? {},
});

export const responsePart = (id: string | undefined, response: string): SemanticPart => ({
  type: 'tool_call_response',
  ...(id === undefined ? {} : { id }),
  response,
});

/** What a tool gave, as its model reads it. */
export const responseText = (response: unknown): string =>
  textField(response, 'output', 'error') ?? textOrJson(response) ?? '';

export const isResponse = (part: SemanticPart): boolean => part.type === 'tool_call_response';
export const argumentsText = (given: unknown): string => jsonText(given ?? {});

/** `tokens` of Gemini CLI: answers without thoughts, prompts without what tools added. */
export function chatUsage(tokens: unknown): RecordedUsage | undefined {
  const input = numberField(tokens, 'input');
  const output = numberField(tokens, 'output');
  if (input === undefined && output === undefined) return undefined;
  const thoughts = numberField(tokens, 'thoughts');
  return {
    input: input === undefined ? undefined : input + (numberField(tokens, 'tool') ?? 0),
    output: output === undefined ? undefined : output + (thoughts ?? 0),
    cacheRead: numberField(tokens, 'cached'),
    reasoning: thoughts,
  };
}

/** Counts of Google's API; behind an OpenAI-like API (Qwen Code) thoughts are part of the answer: the total tells. */
export function apiUsage(usage: unknown): RecordedUsage | undefined {
  return summed(
    numberField(usage, 'promptTokenCount', 'input_token_count'),
    numberField(usage, 'candidatesTokenCount', 'output_token_count'),
    numberField(usage, 'thoughtsTokenCount', 'thoughts_token_count'),
    numberField(usage, 'cachedContentTokenCount', 'cached_content_token_count'),
    numberField(usage, 'totalTokenCount', 'total_token_count'),
  );
}

function summed(
  input: number | undefined,
  output: number | undefined,
  thoughts: number | undefined,
  cached: number | undefined,
  total: number | undefined,
): RecordedUsage | undefined {
  if (input === undefined && output === undefined) return undefined;
  const isOutside = total !== undefined && total === (input ?? 0) + (output ?? 0) + (thoughts ?? 0);
  return {
    input,
    output: output === undefined ? undefined : isOutside ? output + (thoughts ?? 0) : output,
    cacheRead: cached,
    reasoning: thoughts,
  };
}
