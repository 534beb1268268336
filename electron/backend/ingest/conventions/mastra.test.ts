import { expect, test } from 'vitest';
import { spanOf } from './conventions.testing.ts';
import type { TestAttributes } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';

const scope = '@mastra/otel-exporter';
const span = (attributes: TestAttributes, statusCode = 1) => spanOf({ scope, statusCode, attributes });

test('a finish reason of "error" is a failed call, though the exporter sets Ok on every span', () => {
  const facts = readFacts(
    span([
      ['gen_ai.operation.name', 'chat'],
      ['mastra.span.type', 'model_inference'],
      ['gen_ai.request.model', 'gpt-5.4'],
      ['gen_ai.response.finish_reasons', '["error"]'],
      ['mastra.metadata.sessionId', 'sess_a1'],
      ['mastra.metadata.userId', 'user_17'],
      ['mastra.completion_start_time', '1970-01-01T00:00:01.250Z'],
    ]),
  );
  expect(facts).toMatchObject({
    kind: 'llm',
    status: 'error',
    conversation: { value: 'sess_a1' },
    userId: 'user_17',
    timeToFirstTokenMs: 250,
  });
});

test('a thread groups before a session', () => {
  const facts = readFacts(
    span([
      ['mastra.span.type', 'agent_run'],
      ['mastra.metadata.sessionId', 's'],
      ['mastra.metadata.threadId', 't'],
    ]),
  );
  expect(facts.conversation?.value).toBe('t');
});

test('other spans keep what they took and gave under the name of their type', () => {
  const tool = span([
    ['gen_ai.operation.name', 'execute_tool'],
    ['mastra.span.type', 'mcp_tool_call'],
    ['mastra.mcp_tool_call.input', '{"a":1}'],
    ['mastra.mcp_tool_call.output', 'seen'],
  ]);
  expect(readContent(tool)).toMatchObject({ toolArguments: '{"a":1}', toolResult: 'seen' });
  const agent = span([
    ['gen_ai.operation.name', 'invoke_agent'],
    ['mastra.span.type', 'agent_run'],
    ['mastra.agent_run.input', '[{"role":"user","content":"Hi"}]'],
    ['mastra.agent_run.output', '{"text":"Hello"}'],
  ]);
  const { input, output } = readContent(agent);
  expect([input[0]?.parts, output[0]?.parts]).toEqual([
    [{ type: 'text', text: 'Hi' }],
    [{ type: 'text', text: 'Hello' }],
  ]);
});
