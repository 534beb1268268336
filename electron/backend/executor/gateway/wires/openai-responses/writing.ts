import { asList, asRecord, defined, isRecord, parseJson } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import type { WireAnswer } from '../../wire.ts';

/** Answers in the shapes of the responses API, whole and as the events of a stream. */

export function writeResponse(
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

export function outputItems(answer: WireAnswer): readonly JsonRecord[] {
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

export function streamItem(
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
