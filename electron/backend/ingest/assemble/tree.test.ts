import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleSpans, codesOf, factSpan, outline } from './assemble.testing.ts';
import type { TestSpan } from './assemble.testing.ts';

const agent: TestSpan = { id: 'agent', kind: 'agent', start: 0, end: 100 };
const llm: TestSpan = { id: 'llm', parent: 'agent', kind: 'llm', start: 1, end: 10, usage: { input: 10, output: 1 } };

describe('parents', () => {
  it('that come after their children make the same tree', () => {
    const forward = assembleSpans([agent, llm]);
    const backward = assembleSpans([llm, agent]);
    expect(outline(forward)).toEqual(['agent agent', '  llm llm']);
    expect(outline(backward)).toEqual(outline(forward));
    expect([forward.rootSeen, forward.steps[1]?.parentIndex, forward.steps[1]?.agent]).toEqual([true, 0, 'agent']);
  });

  it('that have not come yet are stood in for under their own id, and replaced by themselves', () => {
    const second: TestSpan = { ...llm, id: 'llm-2', start: 20, end: 30 };
    const early = assembleSpans([llm, second], { quiet: false });
    expect(early.steps.map(({ id, origin, depth, facts }) => [id, origin, depth, facts.status])).toEqual([
      ['agent', 'provisional', 0, 'running'],
      ['llm', 'span', 1, 'unset'],
      ['llm-2', 'span', 1, 'unset'],
    ]);
    expect([early.status, early.rootSeen, early.endNs, codesOf(early)]).toEqual([
      'running',
      false,
      undefined,
      ['parent-missing', 'messages-not-sent', 'cached-tokens-not-sent'],
    ]);
    const late = assembleSpans([llm, second, agent]);
    expect(late.steps.map(({ id, origin }) => [id, origin])).toEqual([
      ['agent', 'span'],
      ['llm', 'span'],
      ['llm-2', 'span'],
    ]);
    expect(assembleSpans([llm, second]).status).toBe('partial');
  });

  it('in another process are no gap, unless several steps share one', () => {
    const remote = assembleSpans([{ ...llm, remote: true }]);
    expect([outline(remote), remote.rootSeen, remote.status]).toEqual([['llm llm'], true, 'ok']);
    const two = assembleSpans([
      { ...llm, remote: true },
      { ...llm, id: 'llm-2', remote: true, start: 20, end: 30 },
    ]);
    expect([outline(two), two.rootSeen]).toEqual([['other missing parent', '  llm llm', '  llm llm-2'], true]);
  });

  it('that go in circles are cut where the later span came in, and said', () => {
    const circle = assembleSpans([
      { id: 'a', parent: 'c', kind: 'chain', start: 1, end: 9 },
      { id: 'b', parent: 'a', kind: 'chain', start: 2, end: 8 },
      { id: 'c', parent: 'b', kind: 'chain', start: 3, end: 7 },
      { id: 'self', parent: 'self', kind: 'chain', start: 4, end: 5 },
    ]);
    expect(outline(circle)).toEqual(['chain c', '  chain a', '    chain b', 'chain self']);
    expect(codesOf(circle)).toEqual(['parent-cycle']);
  });

  it('as deep as 20,000 levels are no problem', () => {
    const chain = Array.from({ length: 20_000 }, (_, level): TestSpan => ({
      id: `s${level}`,
      ...(level === 0 ? {} : { parent: `s${level - 1}` }),
      kind: level % 2 === 0 ? 'chain' : 'llm',
      start: level,
      end: 50_000 - level,
    }));
    const run = assembleSpans(chain.toReversed());
    expect([run.steps.length, run.steps.at(-1)?.depth, run.steps.at(-1)?.id]).toEqual([20_000, 19_999, 's19999']);
  });

  it('of any shape give every span once, parents before children', () => {
    const arbitrary = fc.array(
      fc.record({
        parent: fc.integer({ min: -2, max: 25 }),
        start: fc.integer({ min: 0, max: 5 }),
        length: fc.integer({ min: -1, max: 5 }),
        kind: fc.constantFrom('agent', 'llm', 'tool', 'chain', 'other'),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(arbitrary, fc.boolean(), (shapes, quiet) => {
        const spans = shapes.map((shape, index): TestSpan => ({
          id: `s${index}`,
          ...(shape.parent < 0 ? {} : { parent: `s${shape.parent}` }),
          kind: shape.kind,
          start: 1 + shape.start,
          end: Math.max(0, 1 + shape.start + shape.length),
          ...(shape.kind === 'llm' ? { asks: ['tool#x', 'tool'], usage: { input: shape.start, output: 1 } } : {}),
        }));
        const run = assembleSpans(spans, { quiet });
        const ofSpans = run.steps.filter((step) => step.origin === 'span').map((step) => step.id);
        expect(ofSpans.toSorted()).toEqual(spans.map((span) => span.id).toSorted());
        expect(new Set(run.steps.map((step) => step.id)).size).toBe(run.steps.length);
        for (const [index, step] of run.steps.entries()) {
          expect(step.index).toBe(index);
          expect(step.parentIndex ?? -1).toBeLessThan(index);
          if (step.parentIndex !== undefined)
            expect([run.steps[step.parentIndex]?.id, run.steps[step.parentIndex]?.depth]).toEqual([
              expect.any(String),
              step.depth - 1,
            ]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('broken spans', () => {
  it('that came twice are shown once, the ended one', () => {
    const open = { ...llm, end: 0, usage: { input: 1 } };
    const run = assembleSpans([agent, llm, open], { spans: [factSpan(agent, 0), factSpan(llm, 1), factSpan(open, 2)] });
    expect([run.steps.length, run.usage, codesOf(run).includes('span-twice')]).toEqual([
      2,
      { input: 10, output: 1 },
      true,
    ]);
  });

  it('with an end before their start keep their start; without an end stay open', () => {
    const run = assembleSpans([
      agent,
      { ...llm, start: 50, end: 20 },
      { ...llm, id: 'open', start: 60, end: 0, status: 'running' },
    ]);
    expect([run.step('llm').startNs, run.step('llm').endNs]).toEqual([50_000_000n, 50_000_000n]);
    expect([run.step('open').endNs, run.step('open').facts.status, run.step('open').answered]).toEqual([
      undefined,
      'unset',
      false,
    ]);
    expect(
      assembleSpans([agent, { ...llm, end: 0, status: 'running' }], { quiet: false }).step('llm').facts.status,
    ).toBe('running');
  });

  it('none at all is refused', () => {
    expect(() => assembleSpans([])).toThrow(RangeError);
  });
});

describe('order', () => {
  it("is start, then the emitter's own order, then end", () => {
    const step = (id: string, start: number, end: number, siblingOrder?: number): TestSpan => ({
      id,
      parent: 'agent',
      kind: 'chain',
      start,
      end,
      facts: { siblingOrder },
    });
    const run = assembleSpans([
      step('late', 9, 10),
      step('long', 5, 9),
      step('short', 5, 6),
      step('two', 1, 2, 2),
      step('one', 1, 4, 1),
      agent,
    ]);
    expect(run.steps.map((item) => item.id)).toEqual(['agent', 'one', 'two', 'short', 'long', 'late']);
  });

  it('groups steps of one kind that overlap under one parent, not those that only touch', () => {
    const call = (id: string, start: number, end: number): TestSpan => ({
      id,
      parent: 'agent',
      kind: 'llm',
      start,
      end,
    });
    const run = assembleSpans([
      agent,
      call('a', 1, 20),
      call('b', 2, 5),
      call('c', 6, 9),
      call('d', 20, 30),
      call('e', 29.5, 40),
    ]);
    expect(run.steps.map((item) => item.parallelGroup)).toEqual([undefined, 0, 0, 0, undefined, undefined]);
  });
});
