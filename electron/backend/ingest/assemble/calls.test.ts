import { describe, expect, it } from 'vitest';
import { assembleSpans, codesOf, outline } from './assemble.testing.ts';
import type { TestSpan } from './assemble.testing.ts';

const agent: TestSpan = { id: 'agent', kind: 'agent', start: 0, end: 100 };
const call = (id: string, fields: Partial<TestSpan> = {}): TestSpan => ({
  id,
  parent: 'agent',
  kind: 'llm',
  start: 1,
  end: 10,
  ...fields,
});
const used = { input: 100, output: 10 };

describe('one call seen twice, one inside the other', () => {
  it('is the deepest with usage; details of the outer one are kept', () => {
    const run = assembleSpans([
      agent,
      call('outer', {
        usage: { ...used, cacheRead: 60 },
        facts: { reportedCostUsd: 0.5, responseModel: 'gpt-5.4-2026-03-05' },
        asks: ['find#1'],
      }),
      call('inner', { parent: 'outer', start: 2, end: 9, usage: { ...used, reasoning: 4 } }),
    ]);
    expect(outline(run)).toEqual(['agent agent', '  chain outer', '    llm inner', '  tool find']);
    expect([run.llmCalls, run.usage, run.step('outer').usageRole, run.step('inner').usageRole]).toEqual([
      1,
      { ...used, cacheRead: 60, reasoning: 4 },
      'duplicate',
      'own',
    ]);
    expect([run.step('outer').facts.subKind, run.step('outer').cost, run.step('inner').cost]).toMatchObject([
      'llm_wrapper',
      undefined,
      { kind: 'priced', reportedUsd: 0.5 },
    ]);
    expect(run.toolCalls).toBe(1);
  });

  it('by response id even when the counts differ', () => {
    const run = assembleSpans([
      agent,
      call('outer', { usage: { input: 1, output: 1 }, facts: { responseId: 'r' } }),
      call('inner', { parent: 'outer', usage: used, facts: { responseId: 'r' } }),
    ]);
    expect([run.llmCalls, run.usage]).toEqual([1, used]);
  });

  it('is the outer one when only that counted', () => {
    const run = assembleSpans([
      agent,
      call('outer', { usage: used }),
      call('inner', { parent: 'outer', start: 2, end: 9, facts: { responseModel: 'gpt-5.4-2026-03-05' } }),
    ]);
    expect(outline(run)).toEqual(['agent agent', '  llm outer', '    chain inner']);
    expect([run.llmCalls, run.usage, run.models]).toEqual([1, used, ['gpt-5.4-2026-03-05']]);
  });

  it('three times over is still one', () => {
    const run = assembleSpans([
      agent,
      call('a', { usage: used }),
      call('b', { parent: 'a', start: 2, end: 9, usage: used }),
      call('c', { parent: 'b', start: 3, end: 8, usage: used }),
    ]);
    expect([run.llmCalls, run.usage, run.steps.map((step) => step.facts.kind)]).toEqual([
      1,
      used,
      ['agent', 'chain', 'chain', 'llm'],
    ]);
  });
});

describe('a wrapper around attempts', () => {
  it('is none itself: the failed attempt counts as an error, the answer as the call', () => {
    const run = assembleSpans([
      agent,
      call('wrapper', { usage: used, start: 1, end: 30 }),
      call('refused', { parent: 'wrapper', start: 2, end: 5, status: 'error' }),
      call('answer', { parent: 'wrapper', start: 10, end: 20, usage: used }),
    ]);
    expect([run.llmCalls, run.errors, run.usage, run.steps.map((step) => step.answered)]).toEqual([
      1,
      1,
      used,
      [false, false, false, true],
    ]);
  });

  it('that only adds up several calls is a rollup', () => {
    const run = assembleSpans([
      agent,
      call('loop', { usage: { input: 300, output: 20 }, start: 1, end: 40 }),
      call('one', { parent: 'loop', start: 2, end: 5, usage: used }),
      call('two', { parent: 'loop', start: 10, end: 20, usage: { input: 200, output: 10 } }),
    ]);
    expect([run.llmCalls, run.usage, run.step('loop').usageRole]).toEqual([2, { input: 300, output: 20 }, 'rollup']);
  });

  it('is not the llm step whose tool asks a model of its own', () => {
    const run = assembleSpans([
      agent,
      call('llm', { usage: { input: 300, output: 20 }, start: 1, end: 40 }),
      { id: 'tool', parent: 'llm', kind: 'tool', start: 5, end: 30 },
      call('inside', { parent: 'tool', start: 6, end: 20, usage: used }),
    ]);
    expect([run.llmCalls, run.usage]).toEqual([2, { input: 400, output: 30 }]);
  });
});

describe('two instrumentations side by side', () => {
  it('are one call: the richer one owns it', () => {
    const run = assembleSpans([
      agent,
      call('poor', { scope: 'openinference', usage: used, facts: { responseId: 'r', convention: 'openinference' } }),
      call('rich', { scope: 'otel', start: 2, end: 11, usage: { ...used, cacheRead: 5 }, facts: { responseId: 'r' } }),
    ]);
    expect([run.llmCalls, run.usage, run.step('poor').usageRole, run.step('poor').facts.kind]).toEqual([
      1,
      { ...used, cacheRead: 5 },
      'duplicate',
      'chain',
    ]);
  });

  it('are two calls when they do not overlap or one scope wrote both: mock servers repeat their ids', () => {
    const facts = { responseId: 'chatcmpl-123' };
    expect(
      assembleSpans([
        agent,
        call('a', { usage: used, facts }),
        call('b', { start: 20, end: 30, usage: used, facts, scope: 'other' }),
      ]).llmCalls,
    ).toBe(2);
    expect(
      assembleSpans([agent, call('a', { usage: used, facts }), call('b', { start: 2, end: 30, usage: used, facts })])
        .llmCalls,
    ).toBe(2);
  });
});

describe('usage', () => {
  it('of an agent restates its calls: never 2×', () => {
    const run = assembleSpans([
      { ...agent, usage: used },
      { id: 'step', parent: 'agent', kind: 'chain', start: 0, end: 50, usage: used },
      call('llm', { parent: 'step', usage: used }),
    ]);
    expect([run.usage, run.step('agent').usageRole, run.step('step').usageRole, codesOf(run)]).toEqual([
      used,
      'rollup',
      'rollup',
      ['cached-tokens-not-sent'],
    ]);
  });

  it('of an agent whose calls sent none is its own, and said', () => {
    const run = assembleSpans([{ ...agent, usage: { ...used, cacheRead: 0 } }, call('llm')]);
    expect([run.usage, run.step('agent').usageRole, codesOf(run)]).toEqual([
      { ...used, cacheRead: 0 },
      'own',
      ['usage-on-agent', 'usage-missing'],
    ]);
  });

  it('that nobody below accounts for is said and not added', () => {
    const run = assembleSpans([{ ...agent, usage: { input: 150, output: 10 } }, call('llm', { usage: used })]);
    expect([run.usage, codesOf(run)]).toEqual([used, ['usage-unattributed', 'cached-tokens-not-sent']]);
    expect(run.notices[0]).toMatchObject({
      step: 0,
      message: 'This step reports 50 tokens more than the steps below it account for. They are not in the totals.',
    });
    expect(
      codesOf(assembleSpans([{ ...agent, usage: { input: 101, output: 10 } }, call('llm', { usage: used })])),
    ).not.toContain('usage-unattributed');
  });

  it('repeated on the transport below a call is not counted', () => {
    const run = assembleSpans([
      agent,
      call('llm', { usage: used }),
      { id: 'http', parent: 'llm', kind: 'http', start: 2, end: 9, usage: used },
    ]);
    expect([run.usage, run.step('http').usageRole]).toEqual([used, 'duplicate']);
  });

  it('is priced where it is owned; a call without counts or price makes the total "at least"', () => {
    const run = assembleSpans([
      { ...agent, usage: { input: 1_000, output: 100 } },
      call('llm', { usage: { input: 1_000, output: 100, cacheRead: 0 } }),
      call('silent', { start: 20, end: 30 }),
      call('house', {
        start: 40,
        end: 50,
        usage: { input: 5, output: 5 },
        facts: { requestModel: 'house-model', provider: 'acme' },
      }),
      call('refused', { start: 60, end: 70, status: 'error' }),
    ]);
    expect(run.steps.map((step) => step.cost?.kind)).toEqual([undefined, 'priced', 'none', 'none', undefined]);
    expect([run.costUsd, run.unpricedCalls, run.steps.map((step) => step.contextTokens)]).toEqual([
      0.004,
      2,
      [undefined, 1_000, undefined, 5, undefined],
    ]);
    expect(assembleSpans([agent, call('silent')]).costUsd).toBeUndefined();
  });
});
