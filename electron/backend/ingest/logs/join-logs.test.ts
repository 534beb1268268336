import { describe, expect, it } from 'vitest';
import { nanos, spanId } from '../../../../shared/model/units.ts';
import type { SpanId } from '../../../../shared/model/units.ts';
import { isLogStepSeq, logStepSeq, logStepSpanId, seqOfLogStep, spanIdOfLogStep } from '../../telemetry/log-step.ts';
import { factSpan } from '../assemble/assemble.testing.ts';
import { callKey, responseKey } from '../conventions/log-convention.ts';
import type { LogSubject, NearSpan } from '../conventions/log-convention.ts';
import { idOfKey, joinLogs } from './join-logs.ts';
import type { DescribedLog } from './join-logs.ts';

const at = (milliseconds: number) => nanos(BigInt(milliseconds) * 1_000_000n);
const log = (id: number, subject: LogSubject | undefined, named?: string): DescribedLog => ({
  id,
  spanId: named === undefined ? undefined : spanId(named),
  subject,
});
const step = (key: string, from: number, to: number, under?: string): LogSubject => ({
  about: [key],
  step: { key, startNs: at(from), endNs: at(to), under },
});
const near = (atMs: number, by: NearSpan['by'], input?: number): NearSpan => ({
  kind: by === 'end' ? 'llm' : 'agent',
  atNs: at(atMs),
  by,
  input,
  output: undefined,
});
const listed = (map: ReadonlyMap<SpanId, readonly number[]>): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(map);

describe('records that tell of spans', () => {
  it('join every step that they are about, whatever span they name', () => {
    const spans = [
      factSpan({ id: 'agent', kind: 'agent', start: 0, end: 90 }, 0),
      factSpan({ id: 'llm', kind: 'llm', start: 1, end: 9, facts: { responseId: 'r1' } }, 1),
      factSpan({ id: 'tool', kind: 'tool', callId: 'c1', start: 10, end: 20 }, 2),
    ];
    const plan = joinLogs(
      [
        log(1, { about: [callKey('c1'), responseKey('r1')] }, 'agent'),
        log(2, { about: [callKey('c2')] }, 'agent'),
        log(3, undefined, 'llm'),
        log(4, undefined),
      ],
      spans,
    );
    expect(listed(plan.bySpan)).toEqual({ tool: [1], llm: [1, 3], agent: [2] });
    // What stays where it says it belongs is not moved.
    expect(listed(plan.moved)).toEqual({ tool: [1], llm: [1] });
    expect(plan.steps).toEqual([]);
  });

  it('join the outermost of the spans that carry one call', () => {
    const spans = [
      factSpan({ id: 'inner', parent: 'outer', kind: 'tool', callId: 'c1', start: 12, end: 18 }, 0),
      factSpan({ id: 'outer', kind: 'tool', callId: 'c1', start: 10, end: 20 }, 1),
    ];
    expect(listed(joinLogs([log(1, { about: [callKey('c1')] })], spans).bySpan)).toEqual({ outer: [1] });
  });

  it('without an id join the call that ends then and has the same counts, each call once', () => {
    const call = (id: string, end: number, input: number, seq: number) =>
      factSpan({ id, kind: 'llm', start: end - 5, end, usage: { input, output: 1 } }, seq);
    const spans = [call('a', 100, 10, 0), call('b', 110, 10, 1), call('c', 112, 20, 2), call('far', 9_000, 10, 3)];
    const plan = joinLogs(
      [
        log(1, { about: ['call 1'], near: near(101, 'end', 10) }),
        log(2, { about: ['call 2'], near: near(111, 'end', 10) }),
        log(3, { about: ['call 3'], near: near(113, 'end', 20) }),
        log(4, { about: ['call 4'], near: near(114, 'end', 10) }),
        log(5, { about: ['call 1'] }),
      ],
      spans,
    );
    expect(listed(plan.bySpan)).toEqual({ a: [1, 5], b: [2], c: [3] });
  });

  it('join the turn that was going on', () => {
    const spans = [
      factSpan({ id: 'session', kind: 'agent', start: 0, end: 500 }, 0),
      factSpan({ id: 'turn', kind: 'agent', start: 100, end: 200 }, 1),
    ];
    const plan = joinLogs(
      [
        log(1, { about: ['prompt 1'], near: near(150, 'inside') }),
        log(2, { about: ['prompt 2'], near: near(300, 'inside') }),
        log(3, { about: ['prompt 3'], near: near(700, 'inside') }),
      ],
      spans,
    );
    expect(listed(plan.bySpan)).toEqual({ turn: [1], session: [2] });
  });
});

describe('records that no span is there for', () => {
  it('make one step for each key, which lasts from the first to the last of them, under the step they name', () => {
    const plan = joinLogs(
      [
        log(3, step('prompt', 5, 5)),
        log(4, step('call', 30, 30, 'prompt')),
        log(5, step('call', 10, 40, 'prompt')),
        log(6, { about: ['call'] }),
      ],
      [],
    );
    expect(plan.steps).toEqual([
      {
        spanId: idOfKey('prompt'),
        recordsId: logStepSpanId(3),
        firstLog: 3,
        parentSpanId: undefined,
        startNs: at(5),
        endNs: at(40),
      },
      {
        spanId: idOfKey('call'),
        recordsId: logStepSpanId(4),
        firstLog: 4,
        parentSpanId: idOfKey('prompt'),
        startNs: at(10),
        endNs: at(40),
      },
    ]);
    expect(listed(plan.moved)).toEqual({ [logStepSpanId(3)]: [3], [logStepSpanId(4)]: [4, 5, 6] });
  });

  it('stand below the span that they name, and give way when their own span comes', () => {
    const agent = factSpan({ id: 'agent', kind: 'agent', start: 0, end: 90 }, 0);
    const logs = [log(1, step(callKey('c1'), 10, 20), 'agent')];
    expect(joinLogs(logs, [agent]).steps).toMatchObject([{ parentSpanId: 'agent' }]);
    const plan = joinLogs(logs, [
      agent,
      factSpan({ id: 'tool', parent: 'agent', kind: 'tool', callId: 'c1', start: 10, end: 20 }, 1),
    ]);
    expect([plan.steps, listed(plan.bySpan)]).toEqual([[], { tool: [1] }]);
  });

  it('stand in the place of the span whose beginning they tell of, until it is there', () => {
    const prompt: LogSubject = {
      about: ['prompt'],
      step: { key: 'prompt', startNs: at(1), endNs: at(1), under: undefined, namesItself: true },
    };
    const logs = [log(1, prompt, 'agent'), log(2, { about: ['prompt'] })];
    const [standIn] = joinLogs(logs, [
      factSpan({ id: 'llm', parent: 'agent', kind: 'llm', start: 2, end: 9 }, 0),
    ]).steps;
    expect(standIn).toMatchObject({ spanId: 'agent', recordsId: logStepSpanId(1) });
    const plan = joinLogs(logs, [factSpan({ id: 'agent', kind: 'agent', start: 0, end: 10 }, 0)]);
    expect([plan.steps, listed(plan.bySpan)]).toEqual([[], { agent: [1, 2] }]);
  });

  it('survive records that name each other as what they are under', () => {
    const plan = joinLogs(
      [log(1, step('a', 1, 2, 'b')), log(2, step('b', 1, 2, 'a')), log(3, step('c', 1, 2, 'c'))],
      [],
    );
    expect(plan.steps.map(({ parentSpanId }) => parentSpanId)).toEqual([idOfKey('b'), idOfKey('a'), undefined]);
  });

  it('pair ten thousand records with as many calls', () => {
    const spans = Array.from({ length: 10_000 }, (_, index) =>
      factSpan(
        {
          id: `llm-${index}`,
          kind: 'llm',
          start: index * 100,
          end: index * 100 + 50,
          usage: { input: index, output: 1 },
        },
        index,
      ),
    );
    const logs = spans.map((_, index) =>
      log(index + 1, { about: [`call ${index}`], near: near(index * 100 + 51, 'end', index) }),
    );
    expect(joinLogs(logs, spans).bySpan.size).toBe(10_000);
  });
});

it('numbers of steps made of logs lead back to their record', () => {
  expect([
    isLogStepSeq(logStepSeq(7)),
    isLogStepSeq(0),
    spanIdOfLogStep(logStepSeq(7)),
    seqOfLogStep(logStepSpanId(7)),
    seqOfLogStep('0a7034567c661b74'),
  ]).toEqual([true, false, logStepSpanId(7), -7, undefined]);
});
