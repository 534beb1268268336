import { describe, expect, it } from 'vitest';
import { assembleSpans, codesOf, outline } from './assemble.testing.ts';
import type { TestSpan } from './assemble.testing.ts';

const used = { input: 100, output: 10, cacheRead: 0 };
const command: TestSpan = { id: 'command', kind: 'agent', start: 0, end: 1_000, scope: 'retake.gateway' };
const agent: TestSpan = { id: 'agent', kind: 'agent', start: 5, end: 900 };

function seen(id: string, start: number, end: number, more: Partial<TestSpan> = {}): TestSpan {
  return { id, parent: 'command', kind: 'llm', start, end, usage: used, scope: 'retake.gateway', ...more };
}

function own(id: string, start: number, end: number, more: Partial<TestSpan> = {}): TestSpan {
  return { id, parent: 'agent', kind: 'llm', start, end, usage: used, scope: 'agents.own', ...more };
}

describe('a call that the gateway and the agent both tell of', () => {
  it("is one step: the gateway's, where the agent had its own", () => {
    const run = assembleSpans([
      command,
      agent,
      seen('g1', 12, 48),
      seen('g2', 102, 148),
      own('o1', 10, 50, { asks: ['search#c1'] }),
      { id: 'tool', parent: 'agent', kind: 'tool', start: 60, end: 90, callId: 'c1', facts: { name: 'search' } },
      own('o2', 100, 150),
    ]);
    expect(outline(run)).toEqual([
      'agent command',
      '  agent agent',
      '    llm g1',
      '      ·chain o1',
      '    tool search',
      '    llm g2',
      '      ·chain o2',
    ]);
    expect([
      run.llmCalls,
      run.toolCalls,
      run.usage,
      run.step('o1').usageRole,
      run.step('g1').usageRole,
      run.step('o1').cost,
    ]).toEqual([2, 1, { input: 200, output: 20, cacheRead: 0 }, 'duplicate', 'own', undefined]);
    expect(run.step('tool').requestedBy).toBe(run.step('g1').index);
  });

  it("is found by the span that the agent sent along, by the answer's id and by the request's", () => {
    const run = assembleSpans([
      command,
      agent,
      own('sent', 10, 50),
      { id: 'http', parent: 'sent', kind: 'http', start: 11, end: 49 },
      seen('g1', 12, 48, { parent: 'http', usage: { input: 120, output: 12, cacheRead: 0 } }),
      // Both at once, of other models by name, and with other counts.
      own('first', 100, 150, {
        usage: { input: 1, output: 1 },
        facts: { responseId: 'msg_1', requestModel: 'house-alias' },
      }),
      own('second', 100, 150, {
        usage: { input: 2, output: 2 },
        facts: { responseId: 'req_2', requestModel: 'house-alias' },
      }),
      seen('g2', 101, 149, { facts: { responseId: 'msg_2', requestId: 'req_2' } }),
      seen('g3', 102, 148, { facts: { responseId: 'msg_1', requestId: 'req_1' } }),
    ]);
    expect([run.llmCalls, run.usage]).toEqual([3, { input: 320, output: 32, cacheRead: 0 }]);
    const above = (id: string): string | undefined => run.steps[run.step(id).parentIndex ?? -1]?.id;
    expect([above('sent'), above('first'), above('second')]).toEqual(['g1', 'g3', 'g2']);
    expect(codesOf(run)).toContain('reported-usage-differs');
  });

  it('at the same time as others is told by its tokens, and where those are equal by its start', () => {
    const run = assembleSpans([
      command,
      agent,
      own('a', 10, 80, { usage: { input: 100, output: 7 } }),
      own('b', 10, 80, { usage: { input: 100, output: 9 } }),
      own('c', 30, 80),
      own('d', 20, 80),
      seen('g9', 11, 79, { usage: { input: 100, output: 9 } }),
      seen('g7', 12, 78, { usage: { input: 100, output: 7 } }),
      seen('gd', 22, 78),
      seen('gc', 32, 78),
    ]);
    const above = (id: string): string | undefined => run.steps[run.step(id).parentIndex ?? -1]?.id;
    expect([run.llmCalls, above('a'), above('b'), above('c'), above('d')]).toEqual([4, 'g7', 'g9', 'gc', 'gd']);
    expect(
      new Set(run.steps.filter(({ facts }) => facts.kind === 'llm').map(({ parallelGroup }) => parallelGroup)).size,
    ).toBe(1);
  });

  it('keeps what the client says that it cost, for comparison, and the counts that the provider sent to it only', () => {
    const run = assembleSpans([
      command,
      agent,
      seen('g', 12, 48, { usage: { input: 1_000, output: 100, cacheRead: 0 }, facts: { recorded: undefined } }),
      own('o', 10, 50, {
        usage: { input: 1_000, output: 100, cacheRead: 0 },
        facts: { reportedCostUsd: 0.5, subKind: 'title' },
      }),
    ]);
    expect([run.costUsd, run.step('g').cost, run.step('g').facts.subKind]).toEqual([
      0.004,
      expect.objectContaining({ kind: 'priced', usd: 0.004, reportedUsd: 0.5 }),
      'title',
    ]);
    expect(codesOf(run)).toContain('reported-cost-differs');
    const silent = assembleSpans([command, agent, seen('g', 12, 48, { usage: undefined }), own('o', 10, 50)]);
    expect([silent.llmCalls, silent.usage, silent.step('g').usageRole]).toEqual([1, used, 'own']);
  });

  it('that came from a recording costs nothing, whatever the client counts', () => {
    const run = assembleSpans([
      command,
      agent,
      seen('g', 12, 48, { usage: { input: 1_000, output: 100, cacheRead: 0 }, facts: { recorded: true } }),
      own('o', 10, 50, { usage: { input: 1_000, output: 100, cacheRead: 0 }, facts: { reportedCostUsd: 0.5 } }),
    ]);
    expect([run.llmCalls, run.costUsd, run.step('g').cost]).toEqual([
      1,
      0,
      { kind: 'recorded', usd: 0, insteadOfUsd: 0.004 },
    ]);
  });

  it('was tried again within one span of the client: each attempt is a step, the answer counts', () => {
    const run = assembleSpans([
      command,
      agent,
      seen('refused', 12, 20, { status: 'error', usage: undefined }),
      seen('answered', 25, 48),
      own('o', 10, 50),
    ]);
    expect(outline(run)).toEqual([
      'agent command',
      '  agent agent',
      '    llm refused',
      '    llm answered',
      '      ·chain o',
    ]);
    expect([run.llmCalls, run.errors, run.usage]).toEqual([1, 1, used]);
    const given = assembleSpans([
      command,
      agent,
      seen('refused', 12, 20, { status: 'error', usage: undefined }),
      own('o', 10, 50, { status: 'error', usage: undefined }),
    ]);
    expect([given.llmCalls, given.errors, given.steps.filter(({ facts }) => facts.kind === 'llm').length]).toEqual([
      0, 1, 1,
    ]);
  });

  it('is one of several in a span that stands for a loop', () => {
    const run = assembleSpans([
      command,
      agent,
      own('loop', 10, 200, { usage: { input: 200, output: 20 } }),
      seen('g1', 12, 48, { parent: 'loop' }),
      seen('g2', 60, 90, { parent: 'loop' }),
    ]);
    expect([run.llmCalls, run.usage, run.step('loop').usageRole, run.step('loop').facts.kind]).toEqual([
      2,
      { input: 200, output: 20, cacheRead: 0 },
      'rollup',
      'chain',
    ]);
  });

  it("is hidden below the gateway's once, however many instrumentations told of it", () => {
    const run = assembleSpans([
      command,
      agent,
      own('outer', 9, 51, { scope: 'framework' }),
      own('inner', 10, 50, { parent: 'outer' }),
      own('other', 10, 50, { scope: 'openinference', facts: { convention: 'openinference', responseId: 'r' } }),
      seen('g', 12, 48, { facts: { responseId: 'r' } }),
    ]);
    expect([run.llmCalls, run.usage]).toEqual([1, used]);
  });
});

describe('a long run', () => {
  it("of 5,000 calls, each told of twice, is 5,000 steps in the agent's order", () => {
    const each = Array.from({ length: 5_000 }, (_, index) => [
      own(`o${index}`, 10 + index * 20, 28 + index * 20),
      seen(`g${index}`, 12 + index * 20, 26 + index * 20),
    ]).flat();
    const run = assembleSpans([{ ...command, end: 200_000 }, { ...agent, end: 190_000 }, ...each]);
    expect([run.llmCalls, run.usage.input]).toEqual([5_000, 500_000]);
    expect(run.steps.filter(({ facts }) => facts.kind === 'llm').map(({ id }) => id)).toEqual(
      Array.from({ length: 5_000 }, (_, index) => `g${index}`),
    );
  });

  it('without any span of the agent for its calls, and a deep one, are read too', () => {
    const nested = Array.from({ length: 3_000 }, (_, index): TestSpan => ({
      id: `a${index}`,
      parent: index === 0 ? 'command' : `a${index - 1}`,
      kind: 'agent',
      start: 1,
      end: 90_000,
    }));
    const run = assembleSpans([
      { ...command, end: 100_000 },
      ...nested,
      ...Array.from({ length: 3_000 }, (_, index) => seen(`g${index}`, 12 + index * 20, 26 + index * 20)),
    ]);
    expect([run.llmCalls, run.usage.input]).toEqual([3_000, 300_000]);
  });
});

describe('calls that are not the same', () => {
  it('stay two: another time, another model, or an answer that did not come through the gateway', () => {
    expect(assembleSpans([command, agent, seen('g', 12, 48), own('o', 400, 450)]).llmCalls).toBe(2);
    expect(
      assembleSpans([
        command,
        agent,
        seen('g', 12, 48),
        own('o', 10, 50, { usage: { input: 5, output: 5 }, facts: { requestModel: 'claude-haiku-4-5' } }),
      ]).llmCalls,
    ).toBe(2);
    const run = assembleSpans([
      command,
      agent,
      seen('g', 12, 48, { status: 'error', usage: undefined }),
      own('o', 10, 90),
    ]);
    expect([run.llmCalls, run.errors, run.usage]).toEqual([1, 1, used]);
  });
});

describe('an agent without spans of its model calls', () => {
  it('restates what the gateway saw while it worked: never 2×', () => {
    const run = assembleSpans([
      command,
      { ...agent, usage: { input: 200, output: 20 } },
      seen('g1', 12, 48),
      seen('g2', 102, 148),
    ]);
    expect([run.llmCalls, run.usage, run.step('agent').usageRole]).toEqual([
      2,
      { input: 200, output: 20, cacheRead: 0 },
      'rollup',
    ]);
    expect(outline(run)).toEqual(['agent command', '  agent agent', '    llm g1', '    llm g2']);
  });

  it('of several at once: beside them, as nobody says whose call it is', () => {
    const run = assembleSpans([
      command,
      agent,
      { id: 'left', parent: 'agent', kind: 'agent', start: 6, end: 100 },
      { id: 'right', parent: 'agent', kind: 'agent', start: 6, end: 100 },
      seen('g', 12, 48),
    ]);
    expect(run.steps[run.step('g').parentIndex ?? -1]?.id).toBe('agent');
  });
});

describe('a call of the agent that none of the gateway is', () => {
  const past = (run: ReturnType<typeof assembleSpans>): readonly string[] =>
    run.steps.flatMap(({ facts }) => (facts.notices.some(({ code }) => code === 'past-gateway') ? [facts.name] : []));

  it('was asked past it, and says so; what failed asked nobody', () => {
    const run = assembleSpans([
      command,
      agent,
      seen('g1', 12, 48),
      own('o1', 10, 50),
      own('beside', 400, 450, { facts: { requestModel: 'other' } }),
      own('refused', 600, 610, { status: 'error' }),
    ]);
    expect(past(run)).toEqual(['beside']);
  });

  it('also where no call came through at all, and under the gateway only', () => {
    expect(past(assembleSpans([command, agent, own('o1', 10, 50)]))).toEqual(['o1']);
    expect(past(assembleSpans([agent, own('o1', 10, 50)]))).toEqual([]);
  });

  it('is not said where it may be the same as a call beside it', () => {
    const differs = { usage: undefined, facts: { requestModel: 'house-alias' } };
    // No span of the agent was found for the gateway's call: this may be it.
    expect(past(assembleSpans([command, agent, seen('g1', 12, 48), own('o1', 30, 80, differs)]))).toEqual([]);
    // A second instrumentation, without counts.
    expect(
      past(
        assembleSpans([
          command,
          agent,
          seen('g1', 12, 48),
          own('o1', 10, 50),
          own('again', 30, 55, { scope: 'second', usage: undefined }),
        ]),
      ),
    ).toEqual([]);
  });
});
