import { describe, expect, test } from 'vitest';
import { expectTruth, kindsOf, readCapture } from './capture-truth.testing.ts';
import { spanOf } from './conventions.testing.ts';
import type { TestAttributes } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';

const question = 'We handle 42,000 support conversations a month.';

describe('captured plain OpenTelemetry spans', () => {
  test('a whole run has the figures of the model API', () => {
    const capture = readCapture('otel-plain', 'proto');
    expectTruth(capture, { cacheWrite: true });
    expect(kindsOf(capture.steps)).toEqual([
      'agent',
      'llm',
      'tool',
      'tool',
      'llm',
      'tool',
      'llm',
      'tool',
      'llm',
      'tool',
      'tool',
      'llm',
      'tool',
      'llm',
      'tool',
      'llm',
      'tool',
      'llm',
    ]);
    const agent = capture.steps.find((step) => step.facts.kind === 'agent')?.facts;
    expect(agent).toMatchObject({
      name: 'cost-research',
      agentName: 'cost-research',
      agentId: 'agent_1',
      userId: 'user_17',
      conversation: { key: 'gen_ai.conversation.id', value: 'conv_7' },
    });
    expect(capture.steps.map((step) => step.facts.usageBasis).filter((basis) => basis !== undefined)).toEqual(
      Array.from({ length: 8 }, () => 'inclusive'),
    );
  });

  test('content: system first, tool results by id, definitions, arguments and results', () => {
    const { steps } = readCapture('otel-plain', 'proto');
    const second = steps.filter((step) => step.facts.kind === 'llm')[1];
    const content = readContent(second!.view);
    expect(content.input.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool']);
    expect(content.input[0]?.parts[0]).toMatchObject({
      type: 'text',
      text: expect.stringContaining('You are a cost analyst') as string,
    });
    expect(content.input[1]?.parts[0]).toMatchObject({ text: expect.stringContaining(question) as string });
    expect(content.input[3]?.parts[0]).toMatchObject({
      type: 'tool_result',
      id: expect.stringMatching(/^call_/) as string,
      result: expect.stringContaining('"results"') as string,
    });
    expect(content.tools.map((tool) => tool.name)).toEqual(['web_search', 'fetch_page', 'calculator', 'save_note']);
    expect(JSON.parse(content.tools[0]?.parameters ?? '')).toMatchObject({ type: 'object' });
    const tool = steps.find((step) => step.facts.name === 'fetch_page');
    expect(readContent(tool!.view)).toMatchObject({
      toolArguments: '{"url":"https://example.test/pricing/2026"}',
      toolResult: expect.stringContaining('"status":200') as string,
      contentState: 'full',
    });
    expect(tool?.facts.tool?.callId).toBe(
      steps.filter((step) => step.facts.kind === 'llm')[1]?.facts.requestedTools[0]?.id,
    );
  });

  test('retries are told, failed tools are errors with their exception', () => {
    const capture = readCapture('otel-plain', 'retry');
    expectTruth(capture, { cacheWrite: true });
    const failed = capture.steps.filter((step) => step.facts.kind === 'tool' && step.facts.status === 'error');
    expect(failed.map((step) => [step.facts.error?.message, step.facts.tool?.isError])).toEqual([
      ['HTTP 404 fetching https://example.test/broken', true],
      ['could not parse expression: 42000 * )', true],
    ]);
    expect(failed[1]?.facts.error?.stack).toContain('calculator');
    const retried = capture.steps.filter((step) =>
      step.facts.notices.some((notice) => notice.code === 'request-retried'),
    );
    expect(retried.map((step) => [step.facts.kind, step.facts.status, step.facts.failedAttempts])).toEqual([
      ['llm', 'unset', 1],
      ['llm', 'unset', 1],
    ]);
  });

  test('an attempt that is the failure of the step itself is no attempt before it', () => {
    const refused: { readonly name: string; readonly attributes: TestAttributes } = {
      name: 'retry',
      attributes: [['error.message', 'bad request']],
    };
    const busy: typeof refused = { name: 'retry', attributes: [['error.message', 'busy']] };
    const attempts = (statusCode: number, events: readonly (typeof refused)[]): number | undefined =>
      readFacts(
        spanOf({
          statusCode,
          statusMessage: statusCode === 2 ? 'bad request' : '',
          events,
          attributes: [
            ['gen_ai.operation.name', 'chat'],
            ['gen_ai.request.model', 'm'],
          ],
        }),
      ).failedAttempts;
    expect([
      attempts(2, [busy, refused]),
      attempts(2, [busy, busy]),
      attempts(1, [busy, refused]),
      attempts(2, []),
    ]).toEqual([1, 2, 2, 0]);
  });
});

describe('content carriers of other versions', () => {
  const messages = [{ role: 'user', parts: [{ type: 'text', content: 'Paris?' }] }];
  const structured = [
    new Map<string, never>([
      ['role', 'user' as never],
      [
        'parts',
        [
          new Map([
            ['type', 'text'],
            ['content', 'Paris?'],
          ]),
        ] as never,
      ],
    ]),
  ];
  const expected = [{ role: 'user', parts: [{ type: 'text', text: 'Paris?' }] }];

  test.each([
    ['JSON text', JSON.stringify(messages)],
    ['structured AnyValue', structured],
    ['versioned envelope', JSON.stringify({ version: '0.1.0', messages })],
  ])('gen_ai.input.messages as %s', (_, value) => {
    const span = spanOf({
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.input.messages', value],
      ],
    });
    expect(readContent(span).input).toEqual(expected);
    expect(readFacts(span).contentState).toBe('full');
  });

  test.each(['event', 'log'] as const)('details as span %s', (carrier) => {
    const attributes = [
      ['gen_ai.input.messages', structured],
      [
        'gen_ai.output.messages',
        JSON.stringify([
          {
            role: 'assistant',
            parts: [{ type: 'tool_call', id: 'c1', name: 'f', arguments: { a: 1 } }],
            finish_reason: 'tool_call',
          },
        ]),
      ],
      ['gen_ai.system_instructions', JSON.stringify([{ type: 'text', content: 'Be brief' }])],
    ] as const;
    const item = { name: 'gen_ai.client.inference.operation.details', attributes };
    const span = spanOf({
      attributes: [['gen_ai.operation.name', 'chat']],
      ...(carrier === 'event' ? { events: [item] } : { logs: [item] }),
    });
    expect(readContent(span).input).toEqual([
      { role: 'system', parts: [{ type: 'text', text: 'Be brief' }] },
      ...expected,
    ]);
    expect(readFacts(span).requestedTools).toEqual([{ id: 'c1', name: 'f', arguments: '{"a":1}', server: false }]);
    expect(readFacts(span).finishReasons).toEqual(['tool_call']);
  });

  const toolCalls = [
    new Map([
      ['id', 'c1' as never],
      ['type', 'function' as never],
      [
        'function',
        new Map([
          ['name', 'weather'],
          ['arguments', '{"city":"Paris"}'],
        ]) as never,
      ],
    ]),
  ];

  test('per-message log events up to 1.36, with bodies', () => {
    const span = spanOf({
      attributes: [
        ['gen_ai.system', 'openai'],
        ['gen_ai.operation.name', 'chat'],
      ],
      logs: [
        { name: 'gen_ai.system.message', body: new Map([['content', 'Be brief']]) },
        { name: 'gen_ai.user.message', body: new Map([['content', 'Paris?']]) },
        { name: 'gen_ai.assistant.message', body: new Map([['tool_calls', toolCalls]]) },
        {
          name: 'gen_ai.tool.message',
          body: new Map([
            ['id', 'c1'],
            ['content', 'rainy'],
          ]),
        },
        {
          name: 'gen_ai.choice',
          body: new Map<string, never>([
            ['index', 0 as never],
            ['finish_reason', 'tool_calls' as never],
            [
              'message',
              new Map([
                ['role', 'assistant'],
                ['tool_calls', toolCalls as never],
              ]) as never,
            ],
          ]),
        },
      ],
    });
    const content = readContent(span);
    expect(content.input).toEqual([
      { role: 'system', parts: [{ type: 'text', text: 'Be brief' }] },
      { role: 'user', parts: [{ type: 'text', text: 'Paris?' }] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: '{"city":"Paris"}' }] },
      { role: 'tool', parts: [{ type: 'tool_result', id: 'c1', result: 'rainy' }] },
    ]);
    expect(content.output).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'c1', name: 'weather', arguments: '{"city":"Paris"}' }],
        finishReason: 'tool_call',
      },
    ]);
    expect(readFacts(span)).toMatchObject({
      requestedTools: [{ id: 'c1' }],
      finishReasons: ['tool_call'],
      provider: 'openai',
    });
  });

  test('Strands span events: Bedrock blocks as JSON text; a tool carries its own input and output', () => {
    const llm = spanOf({
      attributes: [
        ['gen_ai.system', 'strands-agents'],
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.request.model', 'us.anthropic.claude-sonnet-5-v1:0'],
      ],
      events: [
        { name: 'gen_ai.user.message', attributes: [['content', '[{"text":"Paris?"}]']] },
        {
          name: 'gen_ai.choice',
          attributes: [
            [
              'message',
              '[{"text":"Let me look"},{"toolUse":{"toolUseId":"t1","name":"weather","input":{"city":"Paris"}}}]',
            ],
            ['finish_reason', 'tool_use'],
          ],
        },
      ],
    });
    expect(readContent(llm).input).toEqual(expected);
    expect(readContent(llm).output).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: 'Let me look' },
          { type: 'tool_call', id: 't1', name: 'weather', arguments: '{"city":"Paris"}' },
        ],
        finishReason: 'tool_call',
      },
    ]);
    expect(readFacts(llm).provider).toBe('aws.bedrock');
    const tool = spanOf({
      attributes: [
        ['gen_ai.operation.name', 'execute_tool'],
        ['gen_ai.tool.name', 'weather'],
        ['gen_ai.tool.status', 'error'],
      ],
      events: [
        { name: 'gen_ai.tool.message', attributes: [['content', '{"city":"Paris"}']] },
        { name: 'gen_ai.choice', attributes: [['message', 'no such city']] },
      ],
    });
    expect(readContent(tool)).toMatchObject({ toolArguments: '{"city":"Paris"}', toolResult: 'no such city' });
    expect(readFacts(tool).tool?.isError).toBe(true);
  });

  test('deprecated gen_ai.prompt and gen_ai.completion', () => {
    const span = spanOf({
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        [
          'gen_ai.prompt',
          JSON.stringify([
            ...messages,
            { role: 'assistant', parts: [{ type: 'tool_call', id: '1', name: 'w', arguments: { l: 'P' } }] },
            { role: 'tool', parts: [{ type: 'tool_call_response', id: '1', result: 'rainy' }] },
          ]),
        ],
        ['gen_ai.completion', '{"text":"It rains.","finish_reason":"stop"}'],
      ],
    });
    expect(readContent(span).input.at(-1)).toEqual({
      role: 'tool',
      parts: [{ type: 'tool_result', id: '1', result: 'rainy' }],
    });
    expect(readContent(span).output).toEqual([
      { role: 'assistant', parts: [{ type: 'text', text: 'It rains.' }], finishReason: 'stop' },
    ]);
  });

  test('pydantic-ai v1: events in one attribute; aggregated usage is said to be one', () => {
    const events = JSON.stringify([
      { 'event.name': 'gen_ai.user.message', content: 'Paris?', role: 'user' },
      { 'event.name': 'gen_ai.choice', index: 0, message: { role: 'assistant', content: 'Rain' } },
    ]);
    const span = spanOf({
      scope: 'pydantic-ai',
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ['events', events],
      ],
    });
    expect(readContent(span)).toMatchObject({
      input: expected,
      output: [{ role: 'assistant', parts: [{ type: 'text', text: 'Rain' }] }],
    });
    const agent = spanOf({
      scope: 'pydantic-ai',
      attributes: [
        ['gen_ai.operation.name', 'invoke_agent'],
        ['gen_ai.agent.name', 'a'],
        ['gen_ai.aggregated_usage.input_tokens', 10],
        ['gen_ai.aggregated_usage.output_tokens', 2],
      ],
    });
    expect(readFacts(agent)).toMatchObject({ kind: 'agent', usage: { input: 10, output: 2 }, usageIsAggregate: true });
  });
});

describe('facts are cheap', () => {
  test.each([
    ['otel-plain', 'proto'],
    ['vercel-ai', 'legacy'],
    ['openai-agents', 'normal'],
    ['langfuse', 'normal'],
    ['anthropic-sdk-native', 'normal'],
  ])('%s %s: no prompt is decoded to read the facts of a call', (client, run) => {
    const prompts =
      /^(gen_ai\.input\.messages|gen_ai\.system_instructions|gen_ai\.tool\.definitions|ai\.prompt.*|input\.value|llm\.input_messages\..*|langfuse\.observation\.input)$/;
    for (const { view, facts } of readCapture(client, run).steps) {
      if (facts.kind !== 'llm') continue;
      const decoded = new Set<string>();
      const attributes = new Proxy(view.attributes, {
        get: (reader, method) => {
          const found: unknown = Reflect.get(reader, method);
          if (typeof found !== 'function') return found;
          return (key: string): unknown => {
            if (method === 'get' || method === 'text' || method === 'json') decoded.add(key);
            return Reflect.apply(found, reader, [key]) as unknown;
          };
        },
      });
      expect(readFacts({ ...view, attributes })).toEqual(facts);
      expect(decoded.size).toBeGreaterThan(5);
      expect([...decoded].filter((key) => prompts.test(key))).toEqual([]);
    }
  });
});

describe('kinds, names and states', () => {
  test.each([
    ['generate_content', 'llm'],
    ['embeddings', 'embedding'],
    ['retrieval', 'retrieval'],
    ['invoke_workflow', 'chain'],
    ['plan', 'chain'],
    ['create_agent', 'other'],
    ['fetch_response', 'other'],
    ['search_memory', 'retrieval'],
  ])('%s is %s', (operation, kind) => {
    expect(readFacts(spanOf({ attributes: [['gen_ai.operation.name', operation]] })).kind).toBe(kind);
  });

  test('MCP: a tool call is a tool, the rest is not; a method beats the operation name', () => {
    const call = readFacts(
      spanOf({
        name: 'tools/call weather',
        attributes: [
          ['mcp.method.name', 'tools/call'],
          ['gen_ai.tool.name', 'weather'],
          ['mcp.session.id', 's1'],
        ],
      }),
    );
    expect(call).toMatchObject({ kind: 'tool', subKind: 'mcp', name: 'weather', conversation: undefined });
    expect(
      readFacts(
        spanOf({
          attributes: [
            ['mcp.method.name', 'tools/list'],
            ['gen_ai.operation.name', 'execute_tool'],
          ],
        }),
      ),
    ).toMatchObject({ kind: 'other', subKind: 'mcp' });
  });

  test('newest and oldest usage names', () => {
    expect(
      readFacts(
        spanOf({
          attributes: [
            ['gen_ai.operation.name', 'chat'],
            ['gen_ai.usage.prompt_tokens', 9],
            ['gen_ai.usage.completion_tokens', 3],
          ],
        }),
      ).usage,
    ).toEqual({ input: 9, output: 3 });
    expect(
      readFacts(
        spanOf({
          attributes: [
            ['gen_ai.operation.name', 'chat'],
            ['gen_ai.usage.input_tokens', 100],
            ['gen_ai.usage.output_tokens', 20],
            ['gen_ai.usage.cache_read.input_tokens', 50],
            ['gen_ai.usage.cache_write.input_tokens', 25],
            ['gen_ai.usage.reasoning.output_tokens', 5],
            ['gen_ai.usage.audio.input_tokens', 7],
          ],
        }),
      ).usage,
    ).toEqual({ input: 100, output: 20, cacheRead: 50, cacheWrite: 25, reasoning: 5, audioInput: 7 });
  });

  test('redacted, cut off and missing content are told apart', () => {
    const chat = (output: string, dropped = 0) =>
      spanOf({
        droppedAttributes: dropped,
        attributes: [
          ['gen_ai.operation.name', 'chat'],
          ['gen_ai.output.messages', output],
        ],
      });
    expect(readFacts(chat('<REDACTED>')).contentState).toBe('redacted');
    const cut = chat('[{"role":"assistant","parts":[{"type":"text","content":"half an ans');
    expect(readFacts(cut).contentState).toBe('truncated');
    expect(readContent(cut).output).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'half an ans' }] }]);
    expect(readFacts(spanOf({ attributes: [['gen_ai.operation.name', 'chat']] })).contentState).toBe('none');
    const dropped = readFacts(chat('[{"role":"assistant","parts":[]}]', 3));
    expect(dropped.contentState).toBe('truncated');
    expect(dropped.notices.map((notice) => notice.code)).toEqual(['attributes-dropped']);
  });

  test('a LangGraph interrupt is a pause, an unended span is running', () => {
    const paused = readFacts(
      spanOf({
        statusCode: 2,
        statusMessage: 'GraphInterrupt: waiting',
        attributes: [['gen_ai.operation.name', 'invoke_agent']],
      }),
    );
    expect(paused).toMatchObject({ status: 'paused', error: undefined });
    expect(readFacts(spanOf({ end: 0n })).status).toBe('running');
  });
});

describe('events that are no messages', () => {
  const chat = (fields: Partial<Parameters<typeof spanOf>[0]>) =>
    spanOf({ name: 'chat', attributes: [['gen_ai.operation.name', 'chat']], ...fields });
  const logs = [
    { name: 'gen_ai.user.message', body: new Map([['content', 'Name a river.']]) },
    { name: 'gen_ai.choice', body: new Map([['message', new Map([['content', 'The Elbe.']])]]) },
  ];

  test('hide none: evaluations and exceptions on the span, messages in the logs', () => {
    for (const name of ['gen_ai.evaluation.result', 'gen_ai.client.operation.exception', 'gen_ai.anything']) {
      const { input, output } = readContent(chat({ events: [{ name, attributes: [] }], logs }));
      expect([name, input[0]?.parts, output[0]?.parts]).toEqual([
        name,
        [{ type: 'text', text: 'Name a river.' }],
        [{ type: 'text', text: 'The Elbe.' }],
      ]);
    }
  });

  test('an answer on the span and the question in the logs are both read', () => {
    const view = chat({
      events: [{ name: 'gen_ai.choice', attributes: [['message', 'The Elbe.']] }],
      logs: logs.slice(0, 1),
    });
    const { input, output } = readContent(view);
    expect([input.length, output.length]).toEqual([1, 1]);
  });

  test('an evaluation is said on the call that it judges, and is no content', () => {
    const attributes = [
      ['gen_ai.evaluation.name', 'Toxicity'],
      ['gen_ai.evaluation.score.value', 0.9],
      ['gen_ai.evaluation.score.label', 'fail'],
      ['gen_ai.evaluation.explanation', 'Rude.'],
    ] as const;
    for (const view of [
      chat({ events: [{ name: 'gen_ai.evaluation.result', attributes }] }),
      chat({ logs: [{ name: 'gen_ai.evaluation.result', attributes }] }),
    ]) {
      const facts = readFacts(view);
      expect(facts.notices).toEqual([{ code: 'evaluation', message: 'Toxicity: fail (0.9). Rude.' }]);
      expect(facts.contentState).toBe('none');
    }
  });

  test('whole messages in gen_ai.event.content (azure-ai-inference, Semantic Kernel)', () => {
    const event = (name: string, content: string) => ({
      name,
      attributes: [['gen_ai.event.content', content]] as const,
    });
    const { input, output } = readContent(
      chat({
        events: [
          event('gen_ai.user.message', '{"role":"user","content":"Open?"}'),
          event('gen_ai.tool.message', '{"role":"tool","tool_call_id":"c1","content":"7 to 18"}'),
          event(
            'gen_ai.choice',
            '{"message":{"content":"","tool_calls":[{"id":"c2","type":"function","function":{"name":"hours","arguments":"{}"}}]},"finish_reason":"tool_calls","index":0}',
          ),
        ],
      }),
    );
    expect(input.map(({ parts }) => parts)).toEqual([
      [{ type: 'text', text: 'Open?' }],
      [{ type: 'tool_result', id: 'c1', result: '7 to 18' }],
    ]);
    expect(output[0]?.parts.filter(({ type }) => type === 'tool_call')).toEqual([
      { type: 'tool_call', id: 'c2', name: 'hours', arguments: '{}' },
    ]);
  });

  test('a compacted conversation is said', () => {
    const view = chat({
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.conversation.compacted', true],
      ],
    });
    expect(readFacts(view).notices.map(({ code }) => code)).toEqual(['conversation-compacted']);
  });
});

describe('JSON in lists and in JSON', () => {
  test('a list of JSON texts is the list that they stand for: messages, instructions, tools, calls', () => {
    const view = spanOf({
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.system_instructions', ['{"type":"text","content":"Be brief."}']],
        [
          'gen_ai.input.messages',
          [
            '{"role":"user","parts":[{"type":"text","content":"Hi"}]}',
            '{"role":"assistant","parts":[{"type":"tool_call","id":"t1","name":"look","arguments":{"a":1}}]}',
          ],
        ],
        [
          'gen_ai.output.messages',
          [
            '{"role":"assistant","content":"","tool_calls":["{\\"id\\":\\"k1\\",\\"function\\":{\\"name\\":\\"look\\",\\"arguments\\":\\"{}\\"}}"]}',
          ],
        ],
        ['gen_ai.tool.definitions', ['{"type":"function","function":"{\\"name\\":\\"look\\"}"}']],
      ],
    });
    const { input, output, tools } = readContent(view);
    expect(input.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
    expect(input[0]?.parts).toEqual([{ type: 'text', text: 'Be brief.' }]);
    expect(output[0]?.parts).toEqual([{ type: 'tool_call', id: 'k1', name: 'look', arguments: '{}' }]);
    expect(tools).toEqual([{ name: 'look' }]);
  });

  test('JSON that was encoded twice; a text that only looks like it stays text', () => {
    const input = (value: string) =>
      readContent(
        spanOf({
          attributes: [
            ['gen_ai.operation.name', 'chat'],
            ['gen_ai.input.messages', value],
          ],
        }),
      ).input;
    expect(input(JSON.stringify('[{"role":"user","content":"Hi"}]'))[0]?.parts).toEqual([{ type: 'text', text: 'Hi' }]);
    expect(input('[{"role":"user","content":"[1, 2]"}]')[0]?.parts).toEqual([{ type: 'text', text: '[1, 2]' }]);
  });
});
