import { describe, expect, test } from 'vitest';
import type { AttributeValue } from '../../telemetry/span-view.ts';
import { spanOf } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';

type Attributes = readonly (readonly [string, AttributeValue])[];

/** Names as in openllmetry 0.40 to 0.62 (FACTS.md, OpenLLMetry); there is no capture of it to copy. */
const chat: Attributes = [
  ['llm.request.type', 'chat'],
  ['gen_ai.system', 'OpenAI'],
  ['gen_ai.request.model', 'gpt-5.4'],
  ['gen_ai.response.model', 'gpt-5.4-2026-01-01'],
  ['gen_ai.usage.prompt_tokens', 100],
  ['gen_ai.usage.completion_tokens', 20],
  ['llm.usage.total_tokens', 120],
  ['traceloop.workflow.name', 'cost_research'],
  ['traceloop.association.properties.session_id', 'sess_a1'],
  ['traceloop.association.properties.user_id', 'user_17'],
  ['gen_ai.prompt.0.role', 'system'],
  ['gen_ai.prompt.0.content', 'Be brief'],
  ['gen_ai.prompt.1.role', 'user'],
  ['gen_ai.prompt.1.content', '[{"type":"text","text":"Paris?"}]'],
  ['gen_ai.prompt.2.role', 'assistant'],
  ['gen_ai.prompt.2.tool_calls.0.id', 'c1'],
  ['gen_ai.prompt.2.tool_calls.0.name', 'weather'],
  ['gen_ai.prompt.2.tool_calls.0.arguments', '{"city":"Paris"}'],
  ['gen_ai.prompt.3.role', 'tool'],
  ['gen_ai.prompt.3.tool_call_id', 'c1'],
  ['gen_ai.prompt.3.content', '{"sky":"rain"}'],
  ['gen_ai.completion.0.role', 'assistant'],
  ['gen_ai.completion.0.finish_reason', 'tool_calls'],
  ['gen_ai.completion.0.tool_calls.0.id', 'c2'],
  ['gen_ai.completion.0.tool_calls.0.name', 'weather'],
  ['gen_ai.completion.0.tool_calls.0.arguments', '{"city":"Rome"}'],
  ['llm.request.functions.0.name', 'weather'],
  ['llm.request.functions.0.parameters', '{"type":"object"}'],
  ['llm.top_k', 4],
];

describe('OpenLLMetry', () => {
  test('flat prompts and completions', () => {
    const span = spanOf({ name: 'openai.chat', attributes: chat });
    expect(readFacts(span)).toMatchObject({
      convention: 'openllmetry',
      kind: 'llm',
      name: 'gpt-5.4-2026-01-01',
      provider: 'openai',
      usage: { input: 100, output: 20 },
      usageBasis: 'assumed',
      finishReasons: ['tool_call'],
      requestedTools: [{ id: 'c2', name: 'weather', arguments: '{"city":"Rome"}', server: false }],
      conversation: { key: 'traceloop.association.properties.session_id', value: 'sess_a1' },
      userId: 'user_17',
      runName: 'cost_research',
      notices: [{ code: 'cached-tokens-not-sent' }],
    });
    expect(readContent(span)).toMatchObject({
      input: [
        { role: 'system', parts: [{ type: 'text', text: 'Be brief' }] },
        { role: 'user', parts: [{ type: 'text', text: 'Paris?' }] },
        { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: '{"city":"Paris"}' }] },
        { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', result: '{"sky":"rain"}' }] },
      ],
      tools: [{ name: 'weather', parameters: '{"type":"object"}' }],
      parameters: [{ name: 'top_k', value: '4' }],
    });
  });

  test('newer cached counts stay what they are: included since 2175', () => {
    const span = spanOf({
      attributes: [...chat, ['gen_ai.usage.cache_read_input_tokens', 64], ['gen_ai.usage.reasoning_tokens', 5]],
    });
    expect(readFacts(span)).toMatchObject({
      usage: { input: 100, output: 20, cacheRead: 64, reasoning: 5 },
      usageBasis: 'inclusive',
      notices: [],
    });
  });

  test.each([
    ['workflow', 'cost_research', { kind: 'chain', subKind: 'workflow', hidden: false }],
    ['task', 'agent', { kind: 'chain', subKind: 'task', hidden: false }],
    ['task', 'RunnableLambda', { kind: 'chain', hidden: true }],
    ['agent', 'planner', { kind: 'agent', agentName: 'planner' }],
  ])('%s %s', (kind, name, expected) => {
    expect(
      readFacts(
        spanOf({
          attributes: [
            ['traceloop.span.kind', kind],
            ['traceloop.entity.name', name],
          ],
        }),
      ),
    ).toMatchObject({ ...expected, name });
  });

  test('a LangChain tool: its name, call id and result stand in the ToolMessage only', () => {
    const output = JSON.stringify({
      output: {
        lc: 1,
        type: 'constructor',
        id: ['langchain_core', 'messages', 'ToolMessage'],
        kwargs: { status: 'success', content: '{"value":3}', tool_call_id: 'c7', name: 'calculator' },
      },
    });
    const span = spanOf({
      name: 'DynamicStructuredTool.tool',
      attributes: [
        ['traceloop.span.kind', 'tool'],
        ['traceloop.entity.name', 'DynamicStructuredTool'],
        ['traceloop.entity.input', '{"expression":"1+2"}'],
        ['traceloop.entity.output', output],
      ],
    });
    expect(readFacts(span)).toMatchObject({
      kind: 'tool',
      name: 'calculator',
      tool: { name: 'calculator', callId: 'c7', isError: false },
    });
    expect(readContent(span)).toMatchObject({ toolArguments: '{"expression":"1+2"}', toolResult: '{"value":3}' });
  });

  test('the attribute limit of 128 cut the prompt', () => {
    const gap: Attributes = [
      ['llm.request.type', 'chat'],
      ['gen_ai.prompt.0.role', 'user'],
      ['gen_ai.prompt.0.content', 'a'],
      ['gen_ai.prompt.9.content', 'b'],
    ];
    expect(readContent(spanOf({ attributes: gap })).contentState).toBe('truncated');
    expect(readFacts(spanOf({ attributes: chat, droppedAttributes: 40 })).contentState).toBe('truncated');
  });
});

test('the arguments of a wrapped tool are the one value, or the names, that it was called with', () => {
  const tool = (input: string) =>
    readContent(
      spanOf({
        attributes: [
          ['traceloop.span.kind', 'tool'],
          ['traceloop.entity.input', input],
        ],
      }),
    ).toolArguments;
  expect(tool('{"args":["{\\"query\\":\\"x\\",\\"top_k\\":3}"]}')).toBe('{"query":"x","top_k":3}');
  expect(tool('{"args":[],"kwargs":{"query":"x"}}')).toBe('{"query":"x"}');
  expect(tool('{"args":[{"query":"x"}],"kwargs":{}}')).toBe('{"query":"x"}');
  // Neither alone is what it was called with.
  expect(tool('{"args":["x"],"kwargs":{"y":1}}')).toBe('{"args":["x"],"kwargs":{"y":1}}');
});
