import { expect, test } from 'vitest';
import { outline, readTrajectories } from '../recorded/recorded.testing.ts';

/** By hand, after Phoenix's API and its data frames. */
const times = { start_time: '2026-02-03T15:19:52.242123+00:00', end_time: '2026-02-03T15:19:53+00:00' };
const context = (span: string): object => ({ trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: span });
const dotted = {
  id: 'U3Bhbjox',
  name: 'ChatCompletion',
  context: context('00f067aa0ba902b7'),
  span_kind: 'LLM',
  parent_id: '00f067aa0ba902b6',
  ...times,
  status_code: 'OK',
  status_message: '',
  attributes: {
    'llm.model_name': 'gpt-4o-mini',
    'llm.token_count.prompt': 61,
    'llm.token_count.completion': 17,
    'llm.input_messages.0.message.role': 'user',
    'llm.input_messages.0.message.content': 'Weather in Paris?',
    'llm.output_messages.0.message.role': 'assistant',
    'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'get_weather',
    'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"city":"Paris"}',
  },
  events: [],
};
const nested = {
  ...dotted,
  attributes: {
    openinference: { span: { kind: 'LLM' } },
    llm: {
      model_name: 'gpt-4o-mini',
      token_count: { prompt: 61, completion: 17 },
      input_messages: [{ message: { role: 'user', content: 'Weather in Paris?' } }],
      output_messages: [
        {
          message: {
            role: 'assistant',
            tool_calls: [{ tool_call: { function: { name: 'get_weather', arguments: '{"city":"Paris"}' } } }],
          },
        },
      ],
    },
    metadata: { thread_id: 'thread-7' },
  },
};
const columns = {
  name: 'ChatCompletion',
  span_kind: 'LLM',
  parent_id: '00f067aa0ba902b6',
  'context.trace_id': '4bf92f3577b34da6a3ce929d0e0e4736',
  'context.span_id': '00f067aa0ba902b7',
  start_time: 1_770_131_992_242,
  end_time: 1_770_131_993_000,
  status_code: 'OK',
  'attributes.llm.model_name': 'gpt-4o-mini',
  'attributes.llm.token_count.prompt': 61,
  'attributes.llm.token_count.completion': 17,
  'attributes.llm.input_messages': [{ 'message.role': 'user', 'message.content': 'Weather in Paris?' }],
  'attributes.llm.output_messages': nested.attributes.llm.output_messages,
  'attributes.tool.name': null,
};

test.each([
  ['dotted attributes, a line each', JSON.stringify(dotted)],
  ['nested attributes', JSON.stringify(nested)],
  ['a page of the API', JSON.stringify({ data: [nested], next_cursor: null })],
  ['rows of a data frame', JSON.stringify(columns)],
])('%s', async (_, text) => {
  const { format, runs, skipped } = await readTrajectories(`${text}\n`);
  expect([format, skipped]).toEqual(['phoenix-json', []]);
  const [call] = runs[0] ?? [];
  expect(outline(runs[0])).toEqual(['llm | gpt-4o-mini | get_weather({"city":"Paris"}) | ok']);
  expect(call?.facts.usage).toEqual({ input: 61, output: 17 });
  expect(call?.content.input).toEqual([{ role: 'user', parts: [{ type: 'text', text: 'Weather in Paris?' }] }]);
  expect([call?.span.spanId, call?.span.parentSpanId]).toEqual(['00f067aa0ba902b7', '00f067aa0ba902b6']);
  expect(Number(call?.span.startNs) / 1e6).toBeCloseTo(1_770_131_992_242, -1);
});

test('a bad line is reported with its number and the rest is read', async () => {
  const text = [
    JSON.stringify(dotted),
    '{"name": "cut", "context"',
    '{"name":"no ids","span_kind":"LLM"}',
    JSON.stringify({ ...nested, context: context('00f067aa0ba902b8') }),
  ].join('\n');
  const { runs, skipped } = await readTrajectories(text);
  expect(runs[0]?.map(({ span }) => span.spanId)).toEqual(['00f067aa0ba902b7', '00f067aa0ba902b8']);
  expect(skipped).toHaveLength(2);
  expect(runs[0]?.[1]?.facts.conversation?.value).toBe('thread-7');
});
