import { expect, test } from 'vitest';
import { spanOf } from './conventions.testing.ts';
import type { TestAttributes } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';

const span = (name: string, attributes: TestAttributes) => spanOf({ name, scope: 'mlflow', attributes });

test('a call: model without quotes, counts by their total, messages of request and response', () => {
  const view = span('Completions', [
    ['mlflow.spanType', '"CHAT_MODEL"'],
    ['mlflow.llm.model', '"gpt-4o-mini"'],
    ['mlflow.llm.provider', '"openai"'],
    ['mlflow.trace.session', '"s1"'],
    [
      'mlflow.chat.tokenUsage',
      '{"input_tokens":120,"output_tokens":30,"total_tokens":150,"cache_read_input_tokens":64}',
    ],
    ['mlflow.llm.cost', '{"input_cost":0.1,"output_cost":0.2,"total_cost":0.3}'],
    ['mlflow.spanInputs', '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hi"}]}'],
    ['mlflow.spanOutputs', '{"choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"Hello"}}]}'],
  ]);
  expect(readFacts(view)).toMatchObject({
    kind: 'llm',
    convention: 'mlflow',
    name: 'gpt-4o-mini',
    requestModel: 'gpt-4o-mini',
    provider: 'openai',
    usage: { input: 120, output: 30, cacheRead: 64 },
    usageBasis: 'inclusive',
    reportedCostUsd: 0.3,
    conversation: { value: 's1' },
  });
  const { input, output } = readContent(view);
  expect([input, output.map(({ parts }) => parts)]).toEqual([
    [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
    [[{ type: 'text', text: 'Hello' }]],
  ]);
});

test('a tool: its name without the number of its repetition, its texts without quotes', () => {
  const view = span('lookup_2', [
    ['mlflow.spanType', '"TOOL"'],
    ['mlflow.spanInputs', '{"a":1}'],
    ['mlflow.spanOutputs', '"seen"'],
  ]);
  expect(readFacts(view)).toMatchObject({ kind: 'tool', name: 'lookup' });
  expect(readContent(view)).toMatchObject({ toolArguments: '{"a":1}', toolResult: 'seen' });
});

test('an agent by its span', () => {
  expect(readFacts(span('planner', [['mlflow.spanType', '"AGENT"']]))).toMatchObject({
    kind: 'agent',
    name: 'planner',
  });
});

const chunk = (at: number, delta: unknown, reason: string | null = null) => ({
  name: `mlflow.chunk.item.${at}`,
  attributes: [
    ['mlflow.chunk.value', JSON.stringify({ choices: [{ index: 0, delta, finish_reason: reason }] })],
  ] as TestAttributes,
});
const asked = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] });

test('a stream: the tools that MLflow left out of its answer, from the pieces that came; pieces that are gone are said', () => {
  const pieces = [
    chunk(0, { content: 'Let me look.' }),
    chunk(1, asked(0, { id: 'a', function: { name: 'look', arguments: '' } })),
    chunk(2, asked(0, { function: { arguments: '{"order"' } })),
    chunk(3, asked(0, { function: { arguments: ':1}' } })),
    chunk(4, asked(1, { id: 'b', function: { name: 'wait', arguments: '' } })),
    chunk(5, {}, 'tool_calls'),
  ];
  const answer = (events: typeof pieces) =>
    readContent(
      spanOf({
        scope: 'mlflow',
        attributes: [
          ['mlflow.spanType', '"CHAT_MODEL"'],
          ['mlflow.spanOutputs', '{"choices":[{"message":{"role":"assistant","content":"Let me look."}}]}'],
        ],
        events,
      }),
    );
  expect(answer(pieces).output).toEqual([
    {
      role: 'assistant',
      finishReason: 'tool_call',
      parts: [
        { type: 'text', text: 'Let me look.' },
        { type: 'tool_call', id: 'a', name: 'look', arguments: '{"order":1}' },
        { type: 'tool_call', id: 'b', name: 'wait' },
      ],
    },
  ]);
  expect([
    answer(pieces).contentState,
    answer(pieces.slice(0, 5)).contentState,
    answer(pieces.slice(1)).contentState,
  ]).toEqual(['full', 'truncated', 'truncated']);
});
