import { afterEach, expect, test } from 'vitest';
import type { BudgetCall } from './budget-desk.ts';
import { ledgerBed, spent, usd } from './budget-ledger.testing.ts';

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const runId = (digit: string): string => digit.repeat(32);
const call = (take: string, seq: number, dollars: number | undefined, more: Partial<BudgetCall> = {}): BudgetCall => ({
  take,
  seq,
  names: ['shop'],
  mostNanoUsd: dollars === undefined ? undefined : usd(dollars),
  ...more,
});
const end = (
  take: string,
  seq: number,
  dollars: number | undefined,
  more: { brokeOff?: boolean; runId?: string } = {},
) => ({
  take,
  seq,
  names: ['shop'],
  nanoUsd: dollars === undefined ? undefined : usd(dollars),
  ...more,
});

test('two takes of one agent share its budget: of 32 calls at once not one passes it', async () => {
  const { ledger, set } = ledgerBed();
  await set({ agent: 'shop', usd: 0.1, action: 'hold' });
  const answers = await Promise.all(
    Array.from({ length: 32 }, (_, seq) => ledger.reserve(call(seq % 2 === 0 ? 'one' : 'two', seq, 0.02))),
  );
  expect(answers.filter(({ kind }) => kind === 'go')).toHaveLength(5);
  const [budget] = (await ledger.today()).budgets;
  expect(budget).toMatchObject({ reservedUsd: 0.1, spentUsd: 0, leftUsd: 0, heldCalls: 27, isSpent: false, runs: 2 });
  expect(answers.find(({ kind }) => kind === 'wait')).toMatchObject({
    ofUsd: 0.1,
    usedUsd: 0.1,
    mayPass: true,
    reason: 'it may cost up to $0.02, and $0.10 of the budget of $0.10 a day for shop are spent or under way',
  });
  // Another agent has room of its own.
  expect(await ledger.reserve(call('other', 0, 5, { names: ['mail'] }))).toMatchObject({ kind: 'go' });
});

test('what ended, was refused or broke off: what it cost, nothing, and the most that it may have cost', async () => {
  const { ledger, set } = ledgerBed();
  await set({ usd: 1, action: 'hold' });
  for (const seq of [0, 1, 2, 3, 4]) await ledger.reserve(call('take', seq, 0.2));
  await ledger.settle(end('take', 0, 0.05));
  await ledger.settle(end('take', 1, 0));
  await ledger.settle(end('take', 2, undefined));
  await ledger.settle(end('take', 3, 0.01, { brokeOff: true }));
  const [budget] = (await ledger.today()).budgets;
  expect(budget).toMatchObject({
    spentUsd: 0.45,
    reservedUsd: 0.2,
    leftUsd: 0.35,
    assumedUsd: 0.4,
    assumedCalls: 2,
    unpricedCalls: 0,
  });
  // The take ends, and a call of it never did.
  await ledger.leave('take');
  expect((await ledger.today()).budgets[0]).toMatchObject({ spentUsd: 0.65, reservedUsd: 0, assumedCalls: 3 });
  expect(await ledger.reserve(call('next', 0, 0.4))).toMatchObject({
    kind: 'wait',
    mayPass: false,
    reason: expect.stringContaining('(3 calls that broke off at the most that they may have cost)'),
  });
});

test('what costs nothing is never held, what has no price is asked about and never counted as nothing', async () => {
  const { ledger, set } = ledgerBed();
  const id = await set({ agent: 'shop', usd: 0.01, action: 'hold' });
  await ledger.reserve(call('take', 0, 0.01));
  await ledger.settle(end('take', 0, 0.02));
  expect(await ledger.reserve(call('take', 1, 0))).toMatchObject({ kind: 'go' });
  await ledger.settle(end('take', 1, 0));

  const unknown = await ledger.reserve(call('take', 2, undefined, { model: 'nobody-knows-it' }));
  expect(unknown).toMatchObject({
    kind: 'wait',
    isUnpriced: true,
    mayPass: false,
    reason:
      '“nobody-knows-it” has no known price, so that nobody can say whether it would pass the budget of $0.01 a day for shop',
  });
  await ledger.raise(id, undefined);
  expect(await ledger.reserve(call('take', 2, undefined))).toMatchObject({ kind: 'go' });
  await ledger.settle(end('take', 2, undefined));
  expect((await ledger.today()).budgets[0]).toMatchObject({
    spentUsd: 0.02,
    unpricedCalls: 1,
    allowsUnpriced: true,
    isSpent: true,
  });
  // What is no call of a model goes on until the budget is spent, and is counted.
  expect(await ledger.reserve(call('take', 3, undefined, { isOther: true }))).toMatchObject({ kind: 'wait' });
  await ledger.raise(id, 1);
  expect(await ledger.reserve(call('take', 3, undefined, { isOther: true }))).toMatchObject({ kind: 'go' });
  expect((await ledger.today()).budgets[0]).toMatchObject({ unpricedCalls: 2, limitUsd: 1, usd: 0.01, heldCalls: 0 });
});

test('runs that came by OTLP count, can only be told of, and a run of the gateway is not counted twice', async () => {
  const bed = ledgerBed();
  const { ledger, set } = bed;
  bed.library = [spent(runId('a'), 0.5), spent(runId('b'), 3, { names: ['mail'], unpriced: 2 })];
  await set({ agent: 'shop', usd: 1, action: 'hold' });
  await set({ usd: 3, action: 'notify' });
  expect((await ledger.today()).budgets).toMatchObject([
    { spentUsd: 0.5, besideUsd: 0.5, unpricedCalls: 0, runs: 1, isSpent: false },
    { spentUsd: 3.5, besideUsd: 3.5, unpricedCalls: 2, runs: 2, isSpent: true },
  ]);
  const first = await ledger.reserve(call('take', 0, 0.4, { runId: runId('c') }));
  expect(first).toEqual({
    kind: 'go',
    notices: [
      '$3.50 of the budget of $3.00 a day for every agent are spent (2 calls without a price not counted). It is only said: calls go on.',
    ],
  });
  // Said once.
  expect(await ledger.settle(end('take', 0, 0.3, { runId: runId('c') }))).toEqual([]);
  bed.library = [...bed.library, spent(runId('c'), 0.3, { isRecorded: true })];
  ledger.libraryChanged();
  expect((await ledger.today()).budgets[0]).toMatchObject({ spentUsd: 0.8, besideUsd: 0.5, runs: 2 });
  // Its own spans tell of a call that went past the gateway.
  bed.library = bed.library.map((run) => (run.ids[0] === runId('c') ? { ...run, nanoUsd: usd(0.45) } : run));
  ledger.libraryChanged();
  expect((await ledger.today()).budgets[0]).toMatchObject({ spentUsd: 0.95 });
  // A deleted run has cost what it cost.
  bed.library = bed.library.filter(({ ids }) => ids[0] !== runId('c'));
  ledger.libraryChanged();
  expect((await ledger.today()).budgets[0]).toMatchObject({ spentUsd: 0.8 });
});

test.each([
  ['that was let out before its run had an id', true],
  ['that nobody asked about, since there was no budget yet', false],
])('a call %s is counted once, also where the library has it before it has ended', async (_how, isAsked) => {
  const bed = ledgerBed();
  await bed.set({ agent: 'shop', usd: 1, action: 'hold' });
  if (isAsked) await bed.ledger.reserve(call('one', 0, 0.3));
  bed.library = [spent(runId('a'), 0.2, { isRecorded: true })];
  bed.ledger.libraryChanged();
  await bed.ledger.settle(end('one', 0, 0.2, { runId: runId('a') }));
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({ spentUsd: 0.2, reservedUsd: 0, runs: 1 });
});

test('after a restart what is spent, raised and allowed today is as it was', async () => {
  const bed = ledgerBed();
  const id = await bed.set({ agent: 'shop', usd: 1, action: 'hold' });
  await bed.ledger.reserve(call('take', 0, 0.5, { runId: runId('a') }));
  await bed.ledger.settle(end('take', 0, 0.4, { runId: runId('a') }));
  await bed.ledger.raise(id, 2);
  await bed.ledger.raise(id, undefined);
  bed.library = [spent(runId('a'), 0.4, { isRecorded: true })];
  const next = bed.again();
  expect((await next.today()).budgets[0]).toMatchObject({ spentUsd: 0.4, limitUsd: 2, allowsUnpriced: true });
  // A take that another process had begun to count goes on here, and is counted on from what the library has of it.
  await next.reserve(call('take', 1, 0.5, { runId: runId('a') }));
  await next.settle(end('take', 1, 0.3, { runId: runId('a') }));
  expect((await next.today()).budgets[0]).toMatchObject({ spentUsd: 0.7, runs: 1 });
  bed.library = [spent(runId('a'), 0.7, { isRecorded: true })];
  next.libraryChanged();
  expect((await next.today()).budgets[0]).toMatchObject({ spentUsd: 0.7 });
});

test('at midnight of this machine the day begins anew, also a day of 25 hours; what was raised is as before', async () => {
  process.env.TZ = 'Europe/Berlin';
  const bed = ledgerBed();
  // 00:30 of the day on which the clocks go back at three.
  bed.nowMs = Date.UTC(2026, 9, 24, 22, 30);
  const id = await bed.set({ agent: 'shop', usd: 1, action: 'hold' });
  await bed.ledger.reserve(call('take', 0, 1));
  await bed.ledger.settle(end('take', 0, 1));
  await bed.ledger.raise(id, 1.2);
  bed.nowMs += 24 * 3_600_000;
  expect(await bed.ledger.today()).toMatchObject({
    day: '2026-10-25',
    zone: 'Europe/Berlin',
    untilMs: Date.UTC(2026, 9, 25, 23),
    budgets: [{ spentUsd: 1, limitUsd: 1.2 }],
  });
  expect(await bed.ledger.reserve(call('take', 1, 0.5))).toMatchObject({ kind: 'wait' });
  bed.nowMs += 30 * 60_000;
  expect(await bed.ledger.today()).toMatchObject({ day: '2026-10-26', budgets: [{ spentUsd: 0, limitUsd: 1 }] });
  expect(await bed.ledger.reserve(call('take', 1, 0.5))).toMatchObject({ kind: 'go' });
  // One that goes out before midnight is of the day that it went out on.
  bed.nowMs += 24 * 3_600_000;
  await bed.ledger.settle(end('take', 1, 0.4));
  expect(await bed.ledger.today()).toMatchObject({ day: '2026-10-27', budgets: [{ spentUsd: 0, reservedUsd: 0 }] });
});

test('an agent of many names is meant by each of them, by a pattern, and by the name that it had', async () => {
  const bed = ledgerBed();
  await bed.set({ agent: 'shop*', usd: 1, action: 'hold' });
  await bed.set({ agent: 'planner', usd: 1, action: 'hold' });
  await bed.ledger.reserve(call('take', 0, 0.5, { names: ['shop-v2'], runId: runId('a') }));
  const held = () => bed.ledger.reserve(call('take', 1, 0.8, { names: ['shop-v2'], runId: runId('a') }));
  expect(await held()).toMatchObject({ kind: 'wait', ofUsd: 1 });
  // Its own spans say what the agent is called: from then on that one’s budget holds too.
  bed.library = [spent(runId('a'), 0, { names: ['planner', 'shop-v2'], isRecorded: true })];
  bed.ledger.libraryChanged();
  expect((await bed.ledger.today()).budgets.map(({ reservedUsd }) => reservedUsd)).toEqual([0.5, 0.5]);
  await bed.ledger.reserve(call('other', 0, 0.5, { names: ['mail'] }));
  expect((await bed.ledger.today()).budgets.map(({ reservedUsd }) => reservedUsd)).toEqual([0.5, 0.5]);
});

test('whoever waits is woken by a call that ends, a budget that is raised, set or removed', async () => {
  const bed = ledgerBed();
  const { ledger } = bed;
  const id = await bed.set({ usd: 1, action: 'hold' });
  await ledger.reserve(call('take', 0, 1));
  for (const work of [
    () => ledger.settle(end('take', 0, 0.5)),
    () => ledger.raise(id, 3),
    () => ledger.put({ id, usd: 2, action: 'hold' }, true),
    () => ledger.remove(id),
    async () => ledger.close(),
  ]) {
    const answer = await ledger.reserve(call('next', 0, 9));
    const woken = answer.kind === 'wait' ? ledger.changed(answer.version) : Promise.resolve();
    await work();
    await woken;
  }
  // What was set anew holds as it was typed, not as it had been raised.
  expect((await ledger.today()).budgets).toEqual([]);
});

test('a process that is gone holds nothing for others: its calls count at their most', async () => {
  const bed = ledgerBed();
  await bed.set({ usd: 1, action: 'hold' });
  await bed.ledger.reserveFor(call('remote', 0, 0.6, { runId: runId('a') }));
  await bed.ledger.reserveFor(call('remote', 1, 0.6, { runId: runId('a') }));
  bed.nowMs += 50_000;
  bed.ledger.renew(runId('a'));
  bed.nowMs += 50_000;
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({ reservedUsd: 0.6, heldCalls: 1 });
  bed.nowMs += 20_000;
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({
    reservedUsd: 0,
    heldCalls: 0,
    spentUsd: 0.6,
    assumedCalls: 1,
  });
  // It was only asleep: what it says of its call holds, once, and it is held as before.
  await bed.ledger.settle(end('remote', 0, 0.5));
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({ spentUsd: 0.5, assumedCalls: 0, assumedUsd: 0 });
  expect(await bed.ledger.reserveFor(call('remote', 1, 0.6))).toMatchObject({ kind: 'wait' });
});

test('a limit that looks mistyped is asked about, by what a run of the agent usually costs', async () => {
  const bed = ledgerBed();
  bed.recent = [0.3, 0.33, 0.5].map((cost) => ({ names: ['shop'], usd: cost, startedMs: bed.nowMs }));
  const put = (amount: number, agent?: string) =>
    bed.ledger.put({ usd: amount, action: 'hold', ...(agent === undefined ? {} : { agent }) }, false);
  expect(await put(0.000_003, 'shop')).toEqual({
    kind: 'asked',
    question:
      'Is $0.000003 right? One run usually costs $0.33, so that its first calls would pass this. A budget is in US dollars, not in the price of a token.',
  });
  expect(await put(3_000_000, 'shop')).toMatchObject({
    question: expect.stringContaining('Is $3,000,000 right? The most that was spent on a day is $1.13'),
  });
  expect(await put(0.000_003, 'nobody')).toMatchObject({ question: expect.stringContaining('less than one call') });
  expect(await put(3_000_000, 'nobody')).toMatchObject({ question: expect.stringContaining('more than agents spend') });
  expect((await bed.ledger.today()).budgets).toEqual([]);
  for (const [amount, agent] of [
    [5, 'shop'],
    [0.25, 'shop'],
    [1_000, 'shop'],
    [0, 'shop'],
    [0.01, 'nobody'],
    [200, undefined],
  ] as const)
    expect([amount, (await put(amount, agent)).kind]).toEqual([amount, 'kept']);
  expect((await bed.ledger.put({ agent: 'shop', usd: 0.000_003, action: 'hold' }, true)).kind).toBe('kept');
});

test('a library that cannot be read is said, and what went through the gateway is counted all the same', async () => {
  const bed = ledgerBed();
  await bed.set({ usd: 1, action: 'hold' });
  bed.fault = new Error('disk gone');
  bed.ledger.libraryChanged();
  expect(await bed.ledger.reserve(call('take', 0, 0.6))).toMatchObject({
    kind: 'go',
    notices: [expect.stringContaining('disk gone')],
  });
  expect(await bed.ledger.reserve(call('take', 1, 0.6))).toMatchObject({ kind: 'wait', notices: [] });
  expect((await bed.ledger.today()).problem).toContain('only what went through the gateway is counted');
});
