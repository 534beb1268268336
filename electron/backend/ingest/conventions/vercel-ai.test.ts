import { describe, expect, test } from 'vitest';
import { expectTruth, kindsOf, readCapture } from './capture-truth.testing.ts';
import { spanOf } from './conventions.testing.ts';
import { readContent, readFacts } from './conventions.ts';

const order = [
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
];

describe('AI SDK 7', () => {
  const capture = readCapture('vercel-ai', 'normal');

  test("each call once, with the API's figures; the agent restates them as a total", () => {
    expectTruth(capture, { cacheWrite: true });
    expect(kindsOf(capture.steps)).toEqual(order);
    const agent = capture.steps.find((step) => step.facts.kind === 'agent');
    expect(agent?.facts).toMatchObject({
      name: 'cost-research',
      usageIsAggregate: true,
      usage: { input: 8946, output: 667 },
      userId: 'user_17',
      conversation: { key: 'ai.settings.context.sessionId', value: 'sess_a1' },
    });
  });

  test('steps are hidden, in their own order', () => {
    const steps = capture.steps.filter((step) => step.facts.subKind === 'step');
    expect(steps.map((step) => step.facts.siblingOrder)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(steps.every((step) => step.facts.hidden && step.facts.usage === undefined)).toBe(true);
  });

  test('a failed call', () => {
    const fatal = readCapture('vercel-ai', 'fatal');
    expectTruth(fatal, { cacheWrite: true });
    expect(fatal.steps.filter((step) => step.facts.kind === 'llm').at(-1)?.facts).toMatchObject({
      status: 'error',
      usage: undefined,
      error: {
        type: 'AI_APICallError',
        message: "Invalid 'messages[9]': tool result references an unknown tool call id.",
      },
    });
  });

  test('a tool the provider ran is a server tool', () => {
    const facts = readFacts(
      spanOf({
        scope: 'gen_ai',
        start: 5n,
        end: 5n,
        attributes: [
          ['gen_ai.operation.name', 'execute_tool'],
          ['gen_ai.tool.name', 'web_search'],
          ['gen_ai.tool.call.id', 'c'],
        ],
      }),
    );
    expect(facts.tool).toEqual({ name: 'web_search', callId: 'c', isError: undefined, server: true });
  });
});

describe('older ai.* spans', () => {
  const capture = readCapture('vercel-ai', 'legacy');

  test("each call once, with the API's figures", () => {
    expectTruth(capture, { cacheWrite: true });
    expect(kindsOf(capture.steps)).toEqual(order);
    expect(capture.steps[0]?.facts).toMatchObject({
      kind: 'agent',
      name: 'cost-research',
      runName: 'cost-research',
      provider: 'openai',
      usageIsAggregate: true,
      usage: { input: 8946 },
    });
  });

  test('content of a call', () => {
    const second = capture.steps.filter((step) => step.facts.kind === 'llm')[1];
    const content = readContent(second!.view);
    expect(content.input.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'tool']);
    expect(
      content.input[3]?.parts.map((part) =>
        part.type === 'tool_result' ? [part.id, part.name, part.result.slice(0, 9)] : part.type,
      ),
    ).toEqual([
      ['call_B4t0E61mxYGyILUCneBQ4yBL', 'web_search', '{"query":'],
      ['call_dRgXcr9JpzWc6pcgxcxvVXcz', 'web_search', '{"query":'],
    ]);
    expect(content.tools.map((tool) => tool.name)).toEqual(['web_search', 'fetch_page', 'calculator', 'save_note']);
    expect(content.parameters).toContainEqual({ name: 'maxRetries', value: '2' });
    expect(content.parameters.some((parameter) => parameter.name.startsWith('context.'))).toBe(false);
  });

  test("versions 4 and 5: token names, and Anthropic's cache left out of the input", () => {
    const old = readFacts(
      spanOf({
        scope: 'ai',
        attributes: [
          ['ai.operationId', 'ai.streamText.doStream'],
          ['ai.model.provider', 'openai.chat'],
          ['ai.usage.promptTokens', 14],
          ['ai.usage.completionTokens', 5],
          ['ai.response.msToFirstChunk', 120.5],
        ],
      }),
    );
    expect(old).toMatchObject({
      kind: 'llm',
      usage: { input: 14, output: 5 },
      streaming: true,
      timeToFirstTokenMs: 120.5,
      provider: 'openai',
    });
    const metadata = JSON.stringify({
      anthropic: {
        usage: {
          input_tokens: 10,
          cache_creation_input_tokens: 40,
          cache_read_input_tokens: 50,
          output_tokens: 4,
          cache_creation: { ephemeral_5m_input_tokens: 40, ephemeral_1h_input_tokens: 0 },
        },
      },
    });
    const five = readFacts(
      spanOf({
        scope: 'ai',
        attributes: [
          ['ai.operationId', 'ai.generateText.doGenerate'],
          ['ai.model.provider', 'anthropic.messages'],
          ['ai.usage.inputTokens', 10],
          ['ai.usage.outputTokens', 4],
          ['ai.usage.cachedInputTokens', 50],
          ['ai.response.providerMetadata', metadata],
        ],
      }),
    );
    expect(five.usage).toEqual({
      input: 100,
      output: 4,
      cacheRead: 50,
      cacheWrite: 40,
      cacheWrite5m: 40,
      cacheWrite1h: 0,
    });
    expect(five).toMatchObject({ usageBasis: 'exclusive-fixed', provider: 'anthropic' });
  });

  test('embeddings: the inner span is the call, the outer a wrapper', () => {
    expect(
      readFacts(
        spanOf({
          scope: 'ai',
          attributes: [
            ['ai.operationId', 'ai.embed.doEmbed'],
            ['ai.model.id', 'm'],
            ['ai.usage.tokens', 8],
          ],
        }),
      ),
    ).toMatchObject({ kind: 'embedding', name: 'm', usage: { input: 8 } });
    expect(
      readFacts(
        spanOf({
          scope: 'ai',
          attributes: [
            ['ai.operationId', 'ai.embed'],
            ['ai.usage.tokens', 8],
          ],
        }),
      ),
    ).toMatchObject({ kind: 'chain', usageIsAggregate: true });
  });
});
