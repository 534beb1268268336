import { describe, expect, test } from 'vitest';
import type { AlignOptions } from './align.ts';
import { compareRuns } from './alignment.ts';
import { writtenRun } from './diff.testing.ts';
import type { WrittenStep } from './diff.testing.ts';

const none: AlignOptions = { pins: [], shared: 0 };

function compare(a: readonly WrittenStep[], b: readonly WrittenStep[], options: AlignOptions = none) {
  const { pairs, firstDivergence, sharedPrefix } = compareRuns(writtenRun(a), writtenRun(b), options);
  return {
    pairs,
    firstDivergence,
    sharedPrefix,
    short: pairs.map((pair) => `${pair.a ?? '-'}${pair.b ?? '-'} ${pair.state}`),
  };
}

const llm = (given: string, says: string, more: WrittenStep = {}): WrittenStep => ({ given, says, ...more });
const tool = (name: string, args: string, result = `result of ${args}`, more: WrittenStep = {}): WrittenStep => ({
  name,
  arguments: args,
  result,
  ...more,
});

const run: readonly WrittenStep[] = [
  llm('task', 'read a'),
  tool('read', 'a'),
  llm('text of a', 'read b'),
  tool('read', 'b'),
  llm('text of b', 'run tests'),
  tool('bash', 'npm test', 'all fine'),
  llm('all fine', 'done'),
];

test('a run beside itself is the same throughout', () => {
  const { short, firstDivergence } = compare(run, run);
  expect(short).toEqual(run.map((_, index) => `${index}${index} same`));
  expect(firstDivergence).toBeUndefined();
});

describe('cause before effect', () => {
  test('a changed answer causes the changed call, its result and what the model is given next', () => {
    const changed = [
      ...run.slice(0, 2),
      llm('text of a', 'read c'),
      tool('read', 'c'),
      llm('text of c', 'run tests'),
      ...run.slice(5),
    ];
    const { pairs, firstDivergence } = compare(run, changed);
    expect(firstDivergence).toMatchObject({ a: 2, b: 2, what: 'answer' });
    expect(pairs.map(({ differs, cause }) => [differs.join(), cause])).toEqual([
      ['', undefined],
      ['', undefined],
      ['output', undefined],
      ['arguments,result', 2],
      ['input', 2],
      ['', undefined],
      ['', undefined],
    ]);
  });

  test('another result of the same call is where they part, not the answer to it', () => {
    const changed = [...run.slice(0, 5), tool('bash', 'npm test', 'one test fails'), llm('one test fails', 'fix it')];
    const { pairs, firstDivergence } = compare(run, changed);
    expect(firstDivergence).toMatchObject({
      a: 5,
      b: 5,
      what: 'result',
      reason: 'step 5: the tool call bash was given the same and gave another result',
    });
    expect(pairs[6]).toMatchObject({ state: 'changed', differs: ['input', 'output'], cause: 5 });
  });

  test('the root agent gives back something else because of what is inside it', () => {
    const inside = (steps: readonly WrittenStep[]): WrittenStep[] => [
      { kind: 'agent', name: 'researcher' },
      ...steps.map((step) => ({ ...step, parent: 0 })),
    ];
    const a = writtenRun(inside(run));
    const b = writtenRun(inside([...run.slice(0, 6), llm('all fine', 'done, and more')]));
    const withOutput = (steps: typeof a, text: string) =>
      steps.map((step) =>
        step.index === 0 ? { ...step, content: { output: { raw: text, normal: text, without: new Map() } } } : step,
      );
    const { pairs, firstDivergence } = compareRuns(withOutput(a, 'x'), withOutput(b, 'y'), none);
    expect(firstDivergence).toMatchObject({ a: 7, b: 7, what: 'answer' });
    expect(pairs[0]).toMatchObject({ state: 'changed', differs: ['output'], cause: 7 });
  });

  test('another model that does the same is no divergence until there is nothing else to say', () => {
    const other = run.map((step) => (step.says === undefined ? step : { ...step, model: 'other' }));
    expect(compare(run, other).firstDivergence).toMatchObject({ a: 0, b: 0, what: 'model' });
    const andThen = [...other.slice(0, 6), llm('all fine', 'not done', { model: 'other' })];
    expect(compare(run, andThen).firstDivergence).toMatchObject({
      a: 6,
      b: 6,
      what: 'answer',
      reason: 'step 6: the model answered the same context with another text (other instead of model)',
    });
  });

  test('a run that stops earlier parts where it has ended', () => {
    expect(compare(run, run.slice(0, 4)).firstDivergence).toMatchObject({
      a: 4,
      what: 'ended',
      reason: 'step 4 of a: b had ended here; a goes on with a model call',
    });
  });
});

describe('retries', () => {
  test('failed attempts before the one that answered are absorbed', () => {
    const failed = llm('text of a', '', { failed: true });
    const { short, firstDivergence } = compare(run, [...run.slice(0, 2), failed, failed, ...run.slice(2)]);
    expect(short.slice(2, 5)).toEqual(['-2 retry', '-3 retry', '24 same']);
    expect(firstDivergence).toBeUndefined();
  });

  test('a call that was given more than the context holds is no attempt of the one that came then', () => {
    const overflowed = llm('text of a', '', { failed: true, overflowed: true });
    const { short } = compare(run, [...run.slice(0, 2), overflowed, ...run.slice(2)]);
    expect(short.slice(2, 4)).toEqual(['-2 added', '23 same']);
  });

  test('a failed call that was repeated as it was and then worked is absorbed, with the answer that asked again', () => {
    const again: readonly WrittenStep[] = [
      ...run.slice(0, 5),
      tool('bash', 'npm test', 'timed out', { failed: true }),
      llm('timed out', 'run tests again'),
      tool('bash', 'npm test', 'all fine'),
      llm('all fine', 'done'),
    ];
    const { pairs, firstDivergence } = compare(run, again);
    expect(pairs.filter(({ state }) => state === 'retry').map(({ b }) => b)).toEqual([5, 6]);
    expect(pairs.find(({ a }) => a === 5)).toMatchObject({ b: 7, state: 'same' });
    expect(firstDivergence).toBeUndefined();
  });

  test('a call that fails for good is the divergence', () => {
    const { firstDivergence } = compare(run, [...run.slice(0, 4), llm('text of b', '', { failed: true })]);
    expect(firstDivergence).toMatchObject({ a: 4, b: 4, what: 'error' });
  });
});

describe('order', () => {
  const group = (order: readonly string[]): WrittenStep[] => [
    llm('task', 'read all'),
    ...order.map((name) => tool('read', name, undefined, { group: 1 })),
    llm('texts', 'done'),
  ];

  test('parallel calls are matched by what they are', () => {
    const { pairs, firstDivergence } = compare(group(['a', 'b', 'c']), group(['c', 'a', 'b']));
    expect(pairs.map(({ a, b, state }) => [a, b, state])).toEqual([
      [0, 0, 'same'],
      [1, 2, 'same'],
      [2, 3, 'same'],
      [3, 1, 'same'],
      [4, 4, 'same'],
    ]);
    expect(firstDivergence).toBeUndefined();
  });

  test('of parallel calls one changed keeps its partner', () => {
    const { pairs } = compare(
      group(['alpha one', 'beta two', 'gamma three']),
      group(['gamma three', 'beta four', 'alpha one']),
    );
    expect(pairs.map(({ a, b, state }) => [a, b, state])).toEqual([
      [0, 0, 'same'],
      [1, 3, 'same'],
      [2, 2, 'changed'],
      [3, 1, 'same'],
      [4, 4, 'same'],
    ]);
  });

  test('the same step at another place is moved', () => {
    const long = [...run.slice(0, 6), llm('all fine', 'read d'), tool('read', 'd'), llm('text of d', 'done')];
    const early = [
      long[0],
      long[1],
      tool('bash', 'npm test', 'all fine', { askedBy: 0 }),
      long[2],
      long[3],
      long[4],
      long[6],
      long[7],
      long[8],
    ].flatMap((step) => step ?? []);
    const { pairs, firstDivergence } = compare(long, early);
    expect(pairs.find(({ a }) => a === 5)).toMatchObject({ b: 2, state: 'moved' });
    expect(firstDivergence).toMatchObject({ a: 5, b: 2, what: 'moved' });
  });
});

test('a sub-agent that only one run has is one difference with what is inside it', () => {
  const sub: WrittenStep[] = [
    { kind: 'agent', name: 'bisect', agent: 'bisect' },
    llm('find it', 'look', { agent: 'bisect', parent: 4 }),
    tool('git', 'bisect', 'found', { agent: 'bisect', parent: 4 }),
  ];
  const { pairs, firstDivergence } = compare(run, [...run.slice(0, 4), ...sub, ...run.slice(4)]);
  const added = pairs.filter(({ state }) => state === 'added');
  expect(added.map(({ b }) => b)).toEqual([4, 5, 6]);
  expect(firstDivergence).toMatchObject({
    b: 4,
    what: 'added',
    reason: 'step 4 of b: only b has the agent bisect here',
  });
  const root = pairs.findIndex(({ b }) => b === 4);
  expect(added.map(({ cause }) => cause)).toEqual([undefined, root, root]);
});

test('a wrapper that only one client has around the same steps is no divergence', () => {
  const wrapped: WrittenStep[] = [{ kind: 'chain', name: 'workflow' }, ...run.map((step) => ({ ...step, parent: 0 }))];
  const { pairs, firstDivergence } = compare(run, wrapped);
  expect(pairs.map(({ state }) => state)).toEqual(['added', ...run.map(() => 'same')]);
  expect(firstDivergence).toBeUndefined();
});

test('wrappers are seated by what they hold, and the step inside is the divergence', () => {
  const turns = (names: readonly string[]): WrittenStep[] =>
    names.flatMap((name, turn) => [
      { kind: 'chain', name: 'agent' },
      llm(turn === 0 ? 'task' : `text of ${names[turn - 1] ?? ''}`, `read ${name}`, { parent: turn * 4 }),
      { kind: 'chain', name: 'tools' },
      tool('read', name, undefined, { parent: turn * 4 + 2, askedBy: turn * 4 + 1 }),
    ]);
  const { pairs, firstDivergence } = compare(turns(['a', 'b', 'c', 'd']), turns(['a', 'c', 'd']));
  expect(firstDivergence).toMatchObject({ a: 5, what: 'removed' });
  expect(pairs.filter(({ b }) => b !== undefined).map(({ a, b }) => [a, b])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [8, 4],
    [9, 5],
    [10, 6],
    [11, 7],
    [12, 8],
    [13, 9],
    [14, 10],
    [15, 11],
  ]);
});

test('a sub-agent whose steps are wrapped is still one difference', () => {
  const sub: WrittenStep[] = [
    { kind: 'agent', name: 'bisect', agent: 'bisect' },
    { kind: 'chain', name: 'step 1', agent: 'bisect', parent: 4 },
    llm('find it', 'look', { agent: 'bisect', parent: 5 }),
  ];
  const { firstDivergence, pairs } = compare(run, [...run.slice(0, 4), ...sub, ...run.slice(4)]);
  expect(firstDivergence).toMatchObject({
    b: 4,
    what: 'added',
    reason: 'step 4 of b: only b has the agent bisect here',
  });
  expect(pairs.find(({ b }) => b === 6)?.cause).toBe(firstDivergence?.pair);
});

test('pins hold, also across each other; a pin beyond the runs is none', () => {
  const { pairs } = compare(run, run, {
    pins: [
      { a: 1, b: 3 },
      { a: 3, b: 1 },
      { a: 99, b: 0 },
    ],
    shared: 0,
  });
  expect(pairs.filter(({ pinned }) => pinned).map(({ a, b }) => [a, b])).toEqual([
    [1, 3],
    [3, 1],
  ]);
  expect(new Set(pairs.flatMap(({ a }) => a ?? [])).size).toBe(7);
  expect(new Set(pairs.flatMap(({ b }) => b ?? [])).size).toBe(7);
});

test('a shared prefix is paired by identity, whatever its content', () => {
  const edited = run.map((step, index) => (index === 1 ? tool('read', 'something else') : step));
  const { pairs, sharedPrefix } = compare(run, edited, { pins: [], shared: 4 });
  expect(sharedPrefix).toBe(4);
  expect(pairs.slice(0, 4).map(({ state, confidence }) => [state, confidence])).toEqual([
    ['same', 1],
    ['same', 1],
    ['same', 1],
    ['same', 1],
  ]);
});

describe('10,000 against 10,000 steps', () => {
  const size = 10_000;
  const steps = (text: (index: number) => string): WrittenStep[] =>
    Array.from({ length: size }, (_, index) =>
      index % 2 === 0 ? llm(`given ${text(index)}`, `says ${text(index)}`) : tool('bash', text(index)),
    );
  const plain = steps((index) => `step ${index}`);
  const noise = (index: number): number => (Math.imul(index + 1, 0x9e3779b1) >>> 0) / 4_294_967_296;
  const patterns: readonly (readonly [string, readonly WrittenStep[], readonly WrittenStep[]])[] = [
    ['equal', plain, plain],
    ['5 % changed', plain, steps((index) => (noise(index) < 0.05 ? `other ${index}` : `step ${index}`))],
    ['80 % changed', plain, steps((index) => (noise(index) < 0.8 ? `other ${index}` : `step ${index}`))],
    ['fork at half', plain, steps((index) => (index < size / 2 ? `step ${index}` : `other ${index}`))],
    ['nothing common', plain, steps((index) => `other ${index}`)],
    ['one loop', steps((index) => `turn ${index % 6}`), steps((index) => `turn ${index % 10}`)],
    ['all equal steps', steps(() => 'same'), steps(() => 'same').slice(0, 9_000)],
    [
      'shuffled',
      plain,
      plain
        .map((step, index) => ({ step, at: noise(index) }))
        .sort((one, two) => one.at - two.at)
        .map(({ step }) => step),
    ],
    [
      'repeated and mixed',
      steps((index) => `kind ${Math.floor(noise(index) * 50)}`),
      steps((index) => `kind ${Math.floor(noise(index + 7_777) * 50)}`),
    ],
  ];
  test.each(patterns)('%s', (_name, a, b) => {
    const left = writtenRun(a);
    const right = writtenRun(b);
    // How long it takes is held by e2e/bench/diff-speed.ts.
    const { pairs } = compareRuns(left, right, none);
    expect(pairs.filter((pair) => pair.a !== undefined)).toHaveLength(a.length);
  });
});

test('what a sub-agent does is not taken for what its agent does, though the words are the same', () => {
  const host = [
    llm('task', 'delegate'),
    tool('delegate', 'bisect'),
    llm('bisected', 'read a'),
    tool('read', 'a'),
    llm('text of a', 'done'),
  ];
  const inner = (parent: number): WrittenStep[] => [
    { kind: 'agent', name: 'bisect', parent },
    ...[llm('bisected', 'read a'), tool('read', 'a')].map((step) => ({ ...step, parent: parent + 1, agent: 'bisect' })),
  ];
  const withInner = [
    ...host.slice(0, 2),
    ...inner(1),
    ...host.slice(2).map((step) => (step.arguments === undefined ? step : { ...step, askedBy: 5 })),
  ];
  const { short, firstDivergence } = compare(host, withInner);
  expect(short).toEqual(['00 same', '11 same', '-2 added', '-3 added', '-4 added', '25 same', '36 same', '47 same']);
  expect(firstDivergence).toMatchObject({ what: 'added', b: 2 });
});

test('a moved step is listed at the earlier of its two places, whichever run has it earlier', () => {
  const turns = [
    llm('task', 'one'),
    tool('read', 'one'),
    llm('result of one', 'two'),
    tool('read', 'two'),
    llm('result of two', 'three'),
    tool('read', 'three'),
    llm('result of three', 'all read'),
  ];
  const note = tool('note', 'remember this', 'noted');
  const later = [...turns.slice(0, 6), note, ...turns.slice(6)];
  const earlier = [...turns.slice(0, 2), note, ...turns.slice(2)];
  expect(compare(earlier, later).short).toEqual([
    '00 same',
    '11 same',
    '26 moved',
    '32 same',
    '43 same',
    '54 same',
    '65 same',
    '77 same',
  ]);
  expect(compare(later, earlier).short).toEqual([
    '00 same',
    '11 same',
    '62 moved',
    '23 same',
    '34 same',
    '45 same',
    '56 same',
    '77 same',
  ]);
  expect(compare(later, earlier).firstDivergence).toMatchObject({ what: 'moved', a: 6, b: 2 });
});

test('a call that failed, of which the client sent nothing, is the step where its run had got to', () => {
  const nothingKnown: WrittenStep = { kind: 'llm', failed: true };
  const failing = writtenRun([...run.slice(0, 4), nothingKnown]).map((step) =>
    step.index === 4 ? { ...step, content: { error: step.content.error }, sketch: [] } : step,
  );
  const { pairs, firstDivergence } = compareRuns(writtenRun(run), failing, none);
  expect(pairs.map(({ a, b }) => [a, b])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, undefined],
    [6, undefined],
  ]);
  expect(firstDivergence).toMatchObject({ a: 4, b: 4, what: 'error' });
});
