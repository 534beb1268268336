import { asArray, asText } from './structure.ts';

/**
 * Finish reasons in the words of OpenTelemetry GenAI (stop, length, content_filter, tool_call, compaction, error).
 * Anything else stays as the emitter wrote it. Source of the list: FACTS.md, Fields.
 */
const spellings: ReadonlyMap<string, string> = new Map([
  ['tool_calls', 'tool_call'],
  ['tool-calls', 'tool_call'],
  ['tool_use', 'tool_call'],
  ['function_call', 'tool_call'],
  ['tool_call', 'tool_call'],
  ['tool-call', 'tool_call'],
  ['end_turn', 'stop'],
  ['stop', 'stop'],
  ['stop_sequence', 'stop'],
  ['completed', 'stop'],
  ['finish_reason_stop', 'stop'],
  ['max_tokens', 'length'],
  ['length', 'length'],
  ['max_output_tokens', 'length'],
  ['model_length', 'length'],
  ['content-filter', 'content_filter'],
  ['content_filter', 'content_filter'],
  ['safety', 'content_filter'],
  ['refusal', 'content_filter'],
  ['recitation', 'content_filter'],
  ['prohibited_content', 'content_filter'],
]);

export function normaliseFinishReason(raw: string): string {
  const word = raw.replace(/^FinishReason\./, '').toLowerCase();
  return spellings.get(word) ?? raw;
}

/** From a string array, one bare string, or a JSON array in a string (Mastra). Duplicates are kept: one per choice. */
export function readFinishReasons(value: unknown): readonly string[] {
  const list = asArray(value);
  if (list !== undefined)
    return list.flatMap((item) => (asText(item) === undefined ? [] : [normaliseFinishReason(String(item))]));
  const text = asText(value);
  if (text === undefined) return [];
  if (text.startsWith('[')) {
    try {
      return readFinishReasons(JSON.parse(text));
    } catch {
      return [text];
    }
  }
  return [normaliseFinishReason(text)];
}
