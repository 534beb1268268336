import { expect, test } from 'vitest';
import { nanos, runId } from '../../../../shared/model/units.ts';
import { countLooks } from '../../counted.testing.ts';
import { makeFacts, makeStep } from '../../library/runs.testing.ts';
import type { AnalysedRun } from '../analysed-run.ts';
import { ContextLedger } from '../context-ledger.ts';
import { keysIn } from '../describe-key.ts';
import { timeSpent } from '../time-spent.ts';
import type { ToolCall } from '../tool-calls.ts';
import { findAll, findInTurns } from './find-all.ts';
import { failedRepeats, repeats } from './repeats.ts';

/** Calls of tools as `name=result`, a `!` before those that failed; each asked for by a call of a model just before it. */
function runOf(calls: readonly string[], change: Partial<AnalysedRun> = {}): AnalysedRun {
  const steps = calls.flatMap((call, at) => [
    makeStep(at * 2, { cost: { kind: 'recorded', usd: 0 } }),
    makeStep(at * 2 + 1, { facts: makeFacts({ kind: 'tool', name: call }), requestedBy: at * 2 }),
  ]);
  const tools = calls.map((call, at): ToolCall => {
    const [name = '', result = ''] = call.replace('!', '').split('=');
    return {
      step: at * 2 + 1,
      name,
      signature: name,
      result,
      resultBegins: result,
      resultLength: result.length,
      failed: call.startsWith('!'),
      callId: `call${at}`,
      requestedBy: at * 2,
      instance: undefined,
      words: name,
    };
  });
  return {
    steps: steps.map((step) => ({ runId: runId('r'), runStartNs: nanos(0n), step })),
    ended: true,
    ledger: new ContextLedger(() => undefined),
    tools,
    calledNames: new Set(),
    unused: [],
    keys: [],
    time: undefined,
    notes: [],
    ...change,
  };
}

const found = (calls: readonly string[], change?: Partial<AnalysedRun>): readonly unknown[] =>
  findAll(runOf(calls, change)).map(({ finding: { facts, steps } }) =>
    facts.kind === 'repeat'
      ? [facts.kind, facts.calls.length, facts.times, steps]
      : [facts.kind, 'times' in facts ? facts.times : 0, steps],
  );

test('rounds of one to five calls that give the same again are found', () => {
  expect(found(['a=1', 'a=1', 'a=1'])).toEqual([['repeat', 1, 3, [1, 3, 5]]]);
  for (const length of [2, 3, 4, 5]) {
    const round = Array.from({ length }, (_, at) => `${'abcde'[at] ?? ''}=${at}`);
    expect(found([...round, ...round])).toEqual([
      ['repeat', length, 2, Array.from({ length: length * 2 }, (_, at) => at * 2 + 1)],
    ]);
  }
});

test('polling that ends in something new is none, however long; polling that ends in nothing new is one', () => {
  expect(found(['status=pending', 'status=pending', 'status=pending', 'status=pending', 'status=done'])).toEqual([]);
  expect(found(['sleep=', 'status=pending', 'sleep=', 'status=pending', 'sleep=', 'status=done'])).toEqual([]);
  expect(found(['status=pending', 'status=pending', 'status=pending', 'read=x', 'status=done'])).toEqual([]);
  expect(found(['status=pending', 'status=pending', 'status=pending', 'read=x'])).toHaveLength(1);
});

test('what is done again for a reason is none: twice, with other results, with something else in between, or all at once', () => {
  expect(found(['read=x', 'read=x'])).toEqual([]);
  expect(found(['test=1 failed', 'edit=ok', 'test=2 failed', 'edit=ok2', 'test=0 failed'])).toEqual([]);
  expect(found(['test=passed', 'edit a=ok', 'test=passed', 'edit b=ok', 'test=passed'])).toEqual([]);
  const run = runOf(['a=1', 'a=1', 'a=1']);
  expect(findAll({ ...run, tools: run.tools.map((tool) => ({ ...tool, requestedBy: 0 })) })).toEqual([]);
});

test('failed and repeated unchanged is found at the second time, not where it helped', () => {
  expect(found(['!write=no space', '!write=no space'])).toEqual([['failed-repeat', 2, [1, 3]]]);
  expect(found(['!write=no space', '!write=no space', '!write=no space'])).toEqual([['failed-repeat', 3, [1, 3, 5]]]);
  expect(found(['!fetch=timeout', 'fetch=page'])).toEqual([]);
  expect(found(['!fetch=timeout', '!fetch=timeout', 'fetch=page'])).toEqual([]);
  expect(found(['!write=no space', 'free=ok', '!write=no space'])).toEqual([]);
});

test('a call that asked for nothing but repetitions is money at stake; an unknown price is not nothing', () => {
  const priced = runOf(['a=1', 'a=1', 'a=1']);
  const withPrice = {
    ...priced,
    steps: priced.steps.map((stored) => ({
      ...stored,
      step: {
        ...stored.step,
        cost: { kind: 'reported' as const, usd: 0.25, reportedUsd: 0.25, sourceName: 'x', notes: [] },
      },
    })),
  };
  expect(findAll(withPrice)[0]?.finding.money).toMatchObject({
    kind: 'known',
    usd: 0.5,
    lines: [
      { step: 2, usd: 0.25 },
      { step: 4, usd: 0.25 },
    ],
  });
  const none = {
    ...priced,
    steps: priced.steps.map((stored) => ({
      ...stored,
      step: { ...stored.step, cost: { kind: 'none' as const, reason: 'x' } },
    })),
  };
  expect(findAll(none)[0]?.finding.money.kind).toBe('unknown');
});

const second = 1_000_000_000n;
const span = (index: number, kind: 'agent' | 'llm' | 'tool', from: bigint, to: bigint, change = {}) =>
  makeStep(index, {
    facts: makeFacts({ kind }),
    startNs: nanos(from * second),
    endNs: nanos(to * second),
    ...change,
  });

test('each moment of a run is counted once: on models, on tools, on a person, or between them', () => {
  const steps = [
    span(0, 'agent', 0n, 100n),
    span(1, 'llm', 0n, 10n),
    span(2, 'llm', 5n, 12n),
    span(3, 'tool', 8n, 20n),
    // A sub-agent that is called as a tool is not itself waited for.
    span(4, 'tool', 22n, 30n),
    span(5, 'llm', 23n, 25n, { parentIndex: 4 }),
    span(6, 'llm', 30n, 31n),
    span(7, 'llm', 95n, 100n),
  ];
  expect(timeSpent(steps)).toEqual({
    totalMs: 100_000,
    modelMs: 20_000,
    toolMs: 8_000,
    personMs: 0,
    untimedMs: 0,
    idleMs: 64_000,
    frameworkMs: 8_000,
  });
  expect(
    timeSpent([...steps, span(8, 'llm', 100n, 100n, { facts: makeFacts({ knownTimes: 'order' }) })]),
  ).toBeUndefined();
});

test('tools that have no times of their own are not called the program', () => {
  const steps = [
    span(0, 'agent', 0n, 20n),
    span(1, 'llm', 0n, 5n),
    span(2, 'tool', 5n, 5n, { origin: 'messages', requestedBy: 1 }),
    span(3, 'llm', 15n, 20n),
  ];
  expect(timeSpent(steps)).toMatchObject({ modelMs: 10_000, untimedMs: 10_000, frameworkMs: 0, toolMs: 0 });
});

test('a credential is told by its kind and never shown; examples and names before a value are none', () => {
  // Put together, so that no scanner takes this file for a leak.
  const key = ['sk', 'ant', 'api03', 'Zq7Rk2Wm9Tx4Bn6Vc1Yd8Hf3Jg5'].join('-');
  expect(keysIn(`export KEY=${key} and more`)).toEqual([{ value: key, what: 'Anthropic API key', begins: 'sk-ant-' }]);
  expect(keysIn(['AKIA', 'IOSFODNN7EXAMPLE'].join(''))).toEqual([]);
  expect(keysIn('password = "hunter2hunter2"; api_key: your-key-here')).toEqual([]);
});

test('a loop of thousands of rounds is looked at once, however many it has', () => {
  // Each pair is another one: none of them ends in something new, and every second one failed.
  const looksAt = (pairs: number): number => {
    const run = runOf(
      Array.from({ length: pairs }, (_, at) => [`${at % 2 ? '!' : ''}a${at}=1`, `b${at}=1`]).flatMap((pair) => [
        ...pair,
        ...pair,
      ]),
    );
    const counted = countLooks(run.tools);
    const watched = { ...run, tools: counted.items };
    expect([...repeats(watched)]).toHaveLength(pairs);
    expect([...failedRepeats(watched)]).toHaveLength(0);
    return counted.looks();
  };
  expect(looksAt(1_000) / looksAt(500)).toBeLessThan(2.2);
});

test('others have their turn between the kinds of findings', () => {
  const turns = [...findInTurns(runOf(['a=1', 'a=1', 'a=1']))];
  expect(turns).toHaveLength(9);
});
