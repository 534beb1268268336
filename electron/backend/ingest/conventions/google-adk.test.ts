import { describe, expect, test } from 'vitest';
import { spanOf } from './conventions.testing.ts';
import type { TestAttributes } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';

const scope = 'gcp.vertex.agent';
const call = (name: string, attributes: TestAttributes = []) => spanOf({ name, scope, attributes });
const answered: TestAttributes = [
  ['gen_ai.system', 'gcp.vertex.agent'],
  ['gen_ai.request.model', 'gemini-2.5-flash'],
  [
    'gcp.vertex.agent.llm_request',
    '{"contents":[{"role":"user","parts":[{"text":"When?"}]}],"config":{"system_instruction":"Ferries."}}',
  ],
  [
    'gcp.vertex.agent.llm_response',
    '{"content":{"role":"model","parts":[{"function_call":{"id":"f1","name":"get_ferry","args":{"port":"Kiel"}}}]},"usage_metadata":{"prompt_token_count":300,"candidates_token_count":400,"thoughts_token_count":120,"total_token_count":820}}',
  ],
  ['gen_ai.usage.input_tokens', 300],
  ['gen_ai.usage.output_tokens', 400],
];

describe('Google ADK', () => {
  test('thoughts that only the response counts are output', () => {
    expect(readFacts(call('call_llm', answered)).usage).toEqual({ input: 300, output: 520, reasoning: 120 });
  });

  test('the messages stand in request and response', () => {
    const { input, output } = readContent(call('call_llm', answered));
    expect(input.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(output[0]?.parts[0]).toMatchObject({ type: 'tool_call', id: 'f1', name: 'get_ferry' });
  });

  test('the span that joins the results of parallel calls is no tool, by either version', () => {
    for (const name of ['execute_tool (merged tools)', 'execute_tool (merged)'])
      expect(
        readFacts(
          call(name, [
            ['gen_ai.operation.name', 'execute_tool'],
            ['gen_ai.tool.name', '(merged tools)'],
          ]),
        ),
      ).toMatchObject({ kind: 'other', hidden: true });
  });

  test('a call without an attribute is a call that failed', () => {
    expect(readFacts(call('call_llm'))).toMatchObject({ kind: 'llm', status: 'error', error: { type: 'no_answer' } });
    // Still open: nothing is known of it.
    expect(readFacts(spanOf({ name: 'call_llm', scope, end: 0n })).status).toBe('running');
    // Without content capture it has its usual attributes.
    expect(readFacts(call('call_llm', answered.slice(0, 2))).status).toBe('unset');
  });
});
