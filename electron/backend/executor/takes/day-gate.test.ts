import { expect, test } from 'vitest';
import type { Hold } from '../../../../shared/model/take.ts';
import { ledgerBed, spent, usd } from '../../budgets/budget-ledger.testing.ts';
import type { LedgerBed } from '../../budgets/budget-ledger.testing.ts';
import type { LiveRequest } from '../executor.ts';
import { createDayGate } from './day-gate.ts';
import { createHolds } from './holds.ts';

function gateOf(bed: LedgerBed, take = 'take', attended = true, runId: () => string | undefined = () => undefined) {
  const opened: Hold[] = [];
  const notes: string[] = [];
  const holds = createHolds(
    () => undefined,
    (hold) => opened.push(hold),
  );
  const gate = createDayGate({
    budgets: bed.ledger,
    take,
    runId,
    names: ['shop'],
    ask: attended ? (hold) => holds.ask(hold) : undefined,
    withdraw: (budgetId) => holds.withdraw(({ budget }) => budget?.budgetId === budgetId),
    note: (text) => notes.push(text),
  });
  return { gate, holds, opened, notes };
}

const call = (seq: number, more: Partial<LiveRequest> = {}): LiveRequest => ({
  seq,
  request: '{}',
  look: () => ({
    facts: { model: 'paid', called: [], offered: [], characters: 2, texts: [], longestAnswer: undefined },
    items: () => [],
    tools: 0,
  }),
  ...more,
});

/** Until nothing more happens by itself. */
const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('a call that ended before its run had an id is counted once with what the library has of the run', async () => {
  const bed = ledgerBed();
  await bed.set({ agent: 'shop', usd: 1, action: 'hold' });
  let runId: string | undefined;
  const { gate } = gateOf(bed, 'take', true, () => runId);
  expect(await gate.before(call(0), 0.02)).toBeUndefined();
  gate.ended({ seq: 0, usd: 0.01 });
  await settled();
  bed.library = [spent('a'.repeat(32), 0.01, { isRecorded: true })];
  bed.ledger.libraryChanged();
  runId = 'a'.repeat(32);
  gate.named();
  await settled();
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({ spentUsd: 0.01, runs: 1 });
});

test('32 calls of two takes at once: not one passes the budget, one hold each, and the others go on when it is raised', async () => {
  const bed = ledgerBed();
  await bed.set({ agent: 'shop', usd: 0.1, action: 'hold' });
  const takes = [gateOf(bed, 'one'), gateOf(bed, 'two')];
  const sent: [number, number][] = [];
  let money = 0;
  const calls = takes.flatMap(({ gate }, at) =>
    Array.from({ length: 16 }, async (_, seq) => {
      expect(await gate.before(call(seq), 0.02)).toBeUndefined();
      sent.push([at, seq]);
    }),
  );
  await settled();
  expect(sent).toHaveLength(5);
  expect(takes.flatMap(({ opened }) => opened)).toEqual([]);
  for (let next = 0; next < sent.length; next++) {
    const [at = 0, seq = 0] = sent[next] ?? [];
    money += 0.012;
    takes[at]?.gate.ended({ seq, usd: 0.012 });
    await settled();
    expect(money).toBeLessThanOrEqual(0.1);
  }
  expect(sent).toHaveLength(7);
  for (const { holds } of takes)
    expect(holds.open).toMatchObject([
      {
        kind: 'budget',
        actions: ['raise', 'stop'],
        budget: { limit: 'usd', of: 0.1, used: 0.084 },
        title:
          'The agent wants to make another live call, but it may cost up to $0.02, and $0.084 of the budget of $0.10 a day for shop are spent.',
      },
    ]);
  expect((await bed.ledger.today()).budgets[0]?.heldCalls).toBe(25);

  // Raised at one of them, it is raised for both.
  const [one] = takes;
  one?.holds.resolve(one.holds.open[0]?.id ?? '', { action: 'raise', limit: 1 });
  await Promise.all(calls);
  expect(sent).toHaveLength(32);
  expect(takes.flatMap(({ holds }) => holds.open)).toEqual([]);
  const [budget] = (await bed.ledger.today()).budgets;
  expect(budget).toMatchObject({ usd: 0.1, limitUsd: 1, heldCalls: 0, reservedUsd: 0.5 });
});

test('a held call goes on when the budget is raised, set or removed elsewhere; its hold says how it stands now', async () => {
  for (const elsewhere of ['raise', 'put', 'remove', 'midnight'] as const) {
    const bed = ledgerBed({ lookAgainMs: 5 });
    const id = await bed.set({ agent: 'shop', usd: 0.1, action: 'hold' });
    const { gate, holds } = gateOf(bed);
    await bed.ledger.reserve({ take: 'other', seq: 9, names: ['shop'], mostNanoUsd: usd(0.03) });
    await bed.ledger.settle({ take: 'other', seq: 9, names: ['shop'], nanoUsd: usd(0.03) });
    const waits = gate.before(call(0), 0.08);
    await settled();
    expect(holds.open).toHaveLength(1);
    await bed.ledger.reserve({ take: 'other', seq: 0, names: ['shop'], mostNanoUsd: usd(0.05) });
    await bed.ledger.settle({ take: 'other', seq: 0, names: ['shop'], nanoUsd: usd(0.05) });
    await settled();
    expect(holds.open[0]?.title).toContain('$0.08 of the budget of $0.10');
    if (elsewhere === 'raise') await bed.ledger.raise(id, 5);
    else if (elsewhere === 'put') await bed.ledger.put({ id, agent: 'shop', usd: 3, action: 'hold' }, true);
    else if (elsewhere === 'remove') await bed.ledger.remove(id);
    else bed.nowMs += 86_400_000;
    expect([elsewhere, await waits]).toEqual([elsewhere, undefined]);
    expect(holds.open).toEqual([]);
  }
});

test('stopped, left by its agent, or at the end of its take, a held call is not sent and reserves nothing', async () => {
  const bed = ledgerBed();
  await bed.set({ usd: 0.1, action: 'hold' });
  const { gate, holds } = gateOf(bed);
  const stopped = gate.before(call(0), 0.2);
  await settled();
  holds.settle('budget', 'stop');
  expect(await stopped).toContain('$0 of the budget of $0.10 a day for every agent are spent. Nothing was sent');
  let isGone = false;
  const left = gate.before(call(1, { isGone: () => isGone }), 0.2);
  await settled();
  isGone = true;
  await bed.ledger.settle({ take: 'x', seq: 0, names: [], nanoUsd: 0 });
  expect(await left).toBeUndefined();
  const ends = gate.before(call(2), 0.2);
  await settled();
  gate.close();
  expect(await ends).toContain('it ended while this call waited');
  await settled();
  expect(holds.open).toEqual([]);
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({ heldCalls: 0, reservedUsd: 0, spentUsd: 0 });
});

test('where nobody answers, the call is refused with the command that sets the budget', async () => {
  const bed = ledgerBed();
  await bed.set({ usd: 0.1, action: 'hold' });
  const { gate, notes } = gateOf(bed, 'take', false);
  expect(await gate.before(call(0), 0.2)).toContain('Set another budget with `retake budgets set`');
  expect(await gate.before(call(1), undefined)).toContain('Give the model a price in the settings');
  expect(await gate.before(call(2), 0.05)).toBeUndefined();
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({ heldCalls: 0, reservedUsd: 0.05 });
  expect(notes).toEqual([]);
});

test('a call without a price is held until a person sends it; then those go on for today', async () => {
  const bed = ledgerBed();
  await bed.set({ usd: 0.1, action: 'hold' });
  const { gate, holds } = gateOf(bed);
  const calls = [0, 1, 2].map((seq) => gate.before(call(seq), undefined));
  await settled();
  expect(holds.open).toMatchObject([
    { actions: ['send', 'stop'], title: expect.stringContaining('“paid” has no known price') },
  ]);
  holds.resolve(holds.open[0]?.id ?? '', { action: 'send' });
  expect(await Promise.all(calls)).toEqual([undefined, undefined, undefined]);
  gate.ended({ seq: 0, usd: undefined });
  await settled();
  expect((await bed.ledger.today()).budgets[0]).toMatchObject({ unpricedCalls: 1, allowsUnpriced: true });
});

test('what is free, written by hand or answered from the recording asks for nothing, also when all is spent', async () => {
  const bed = ledgerBed();
  await bed.set({ usd: 0, action: 'hold' });
  const { gate, opened } = gateOf(bed);
  expect(await gate.before(call(0, { isFree: true }), 5)).toBeUndefined();
  expect(await gate.before(call(1), 0)).toBeUndefined();
  const before = bed.changes;
  // Calls that were never asked about.
  for (let seq = 10; seq < 20; seq++) gate.ended({ seq, usd: 0 });
  await settled();
  expect(bed.changes).toBe(before);
  expect(opened).toEqual([]);
});

test('a hold takes no limit that looks mistyped', async () => {
  const bed = ledgerBed();
  await bed.set({ usd: 1, action: 'hold' });
  const { gate, holds } = gateOf(bed);
  const waits = gate.before(call(0), 2);
  await settled();
  const id = holds.open[0]?.id ?? '';
  expect(() => holds.resolve(id, { action: 'raise', limit: 3_000_000 })).toThrow('Is $3,000,000 right?');
  holds.resolve(id, { action: 'raise', limit: 3 });
  expect(await waits).toBeUndefined();
});
