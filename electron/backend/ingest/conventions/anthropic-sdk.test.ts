import { describe, expect, test } from 'vitest';
import { expectTruth, kindsOf, readCapture } from './capture-truth.testing.ts';
import { readContent } from './conventions.ts';

describe("Anthropic SDK's own spans", () => {
  const capture = readCapture('anthropic-sdk-native', 'normal');

  test('figures of the API, cache writes by time to live; thinking has no count and is said to have none', () => {
    expectTruth(capture, { reasoning: true });
    expect(kindsOf(capture.steps)).toEqual([
      'other',
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
    const first = capture.steps.find((step) => step.facts.kind === 'llm')?.facts;
    expect(first).toMatchObject({
      usage: { cacheWrite: 333, cacheWrite5m: 333, cacheWrite1h: 0 },
      provider: 'anthropic',
      serviceTier: 'standard',
      convention: 'anthropic-sdk',
    });
    expect(first?.notices.map((notice) => notice.code)).toEqual(['reasoning-tokens-not-sent']);
    expect(capture.steps.find((step) => step.facts.kind === 'agent')?.facts).toMatchObject({
      subKind: 'tool_runner',
      name: 'tool_runner',
    });
  });

  test('server-side threads: later calls send only what is new, and the content says so', () => {
    const contents = capture.steps.filter((step) => step.facts.kind === 'llm').map((step) => readContent(step.view));
    expect(contents.map((content) => content.continues !== undefined)).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(contents[0]?.input.map((message) => message.role)).toEqual(['system', 'user']);
    expect(contents[1]?.input.map((message) => message.parts.map((part) => part.type))).toEqual([
      ['tool_result', 'tool_result'],
    ]);
    expect(contents[0]?.parameters).toContainEqual({ name: 'thinking.budget_tokens', value: '2000' });
  });

  test('tool results are plain text, failed tools errors, resent requests are told', () => {
    const retry = readCapture('anthropic-sdk-native', 'retry');
    expectTruth(retry, { reasoning: true });
    const failed = retry.steps.filter((step) => step.facts.kind === 'tool' && step.facts.status === 'error');
    expect(failed.map((step) => [step.facts.error?.type, step.facts.error?.message, step.facts.tool?.isError])).toEqual(
      [
        ['tool_error', 'Error: could not parse expression: 42000 * )', true],
        ['tool_error', 'Error: HTTP 404 fetching https://example.test/broken', true],
      ],
    );
    expect(readContent(failed[0]!.view)).toMatchObject({
      toolArguments: '{"expression":"42000 * )"}',
      toolResult: 'Error: could not parse expression: 42000 * )',
    });
    const resent = retry.steps.filter((step) => step.facts.notices.some((notice) => notice.code === 'request-retried'));
    expect(resent.map((step) => step.facts.failedAttempts)).toEqual([1, 1]);
  });
});
