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
