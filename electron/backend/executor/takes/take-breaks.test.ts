import { expect, test } from 'vitest';
import type { Break, BreakCondition } from '../../../../shared/model/break.ts';
import type { Hold, HoldResolution } from '../../../../shared/model/take.ts';
import type { LiveRequest } from '../executor.ts';
import { createTakeBreaks } from './take-breaks.ts';

const breaks = (...conditions: readonly BreakCondition[]): Break[] =>
  conditions.map((condition) => ({ condition, enabled: true }));

interface Asking {
  readonly asked: Omit<Hold, 'id' | 'since'>[];
  readonly answers: ((resolution: HoldResolution) => void)[];
  readonly ask: (hold: Omit<Hold, 'id' | 'since'>) => Promise<HoldResolution>;
}

function asking(): Asking {
  const asked: Omit<Hold, 'id' | 'since'>[] = [];
  const answers: ((resolution: HoldResolution) => void)[] = [];
  return {
    asked,
    answers,
    ask(hold) {
      asked.push(hold);
      return new Promise((resolve) => answers.push(resolve));
    },
  };
}

function call(seq: number, own: string, more: Partial<LiveRequest> = {}): LiveRequest {
  return {
    seq,
    own,
    request: own,
    look: () => ({
      facts: { model: 'm', called: [], offered: [], characters: own.length, texts: [own] },
      items: () => [],
      tools: 0,
    }),
    ...more,
  };
}

const made = (given: readonly Break[], { ask }: Pick<Asking, 'ask'>, notes: string[] = []) => {
  const created = createTakeBreaks({
    breaks: given,
    spent: () => ({ usd: 0, unpriced: 0 }),
    ask,
    onSwitchedOff: (conditions) => created.switchOff(conditions),
    onNote: (text) => void notes.push(text),
  });
  return created;
};

test('calls are counted as they come, whatever holds them; a request that is no model call is none', async () => {
  const person = asking();
  const given = made(breaks({ kind: 'call', number: 3 }), person);
  expect(await given.before(call(0, 'a'), 'recording')).toEqual({ wasHeld: false });
  expect(await given.before({ seq: 1, request: '' }, 'model')).toEqual({ wasHeld: false });
  expect(await given.before(call(2, 'b'), 'model')).toEqual({ wasHeld: false });
  const third = given.before(call(3, 'c'), 'model');
  person.answers[0]?.({ action: 'send' });
  expect(await third).toEqual({ wasHeld: true });
  expect(person.asked.map(({ title }) => title)).toEqual(['Held before call 3 goes to m: it is call 3.']);
});

test('a client that has gone when its call is let go: the same request is the same call and goes through, once', async () => {
  const person = asking();
  const given = made(breaks({ kind: 'text', text: 'tea' }), person);
  const first = given.before(call(0, 'tea', { isGone: () => true }), 'model');
  person.answers[0]?.({ action: 'edit', text: '{"edited":1}' });
  expect(await first).toEqual({ wasHeld: true });
  const sent: string[] = [];
  expect(await given.before(call(1, 'tea', { replace: (text) => void sent.push(text) }), 'model')).toEqual({
    wasHeld: true,
  });
  expect([sent, person.asked.length]).toEqual([['{"edited":1}'], 1]);
  // A third time it is another call.
  void given.before(call(2, 'tea'), 'model');
  expect(person.asked.map((hold) => hold.break?.number)).toEqual([1, 2]);
});

test('a condition that is set later holds from the next call on, and counts the calls from the first', async () => {
  const person = asking();
  const given = made([], person);
  expect(await given.before(call(0, 'a'), 'model')).toEqual({ wasHeld: false });
  expect(await given.before(call(1, 'b'), 'recording')).toEqual({ wasHeld: false });
  given.set(breaks({ kind: 'call', number: 3 }, { kind: 'call', number: 2 }));
  void given.before(call(2, 'c'), 'model');
  expect(person.asked.map(({ title }) => title)).toEqual(['Held before call 3 goes to m: it is call 3.']);
  given.set([]);
  expect(given.all).toEqual([]);
  expect(await given.before(call(3, 'd'), 'model')).toEqual({ wasHeld: false });
});

test('tokens are estimated by the last call of the run', async () => {
  const person = asking();
  const given = made(breaks({ kind: 'context', unit: 'tokens', over: 100 }), person);
  expect(await given.before(call(0, 'x'.repeat(400)), 'model')).toEqual({ wasHeld: false });
  given.measured({ characters: 400, inputTokens: 200 });
  void given.before(call(1, 'x'.repeat(210)), 'model');
  expect(person.asked[0]?.title).toBe(
    'Held before call 2 goes to m: its request has about 105 tokens (by the last call’s), more than 100.',
  );
});

test('all conditions that fit are told; switched off together they hold nothing more', async () => {
  const person = asking();
  const given = made(breaks({ kind: 'text', text: 'tea' }, { kind: 'model', model: 'm' }), person);
  const first = given.before(call(0, 'tea'), 'model');
  expect(person.asked[0]?.break?.held.map(({ reason }) => reason)).toEqual(['its request holds “tea”', 'it asks m']);
  person.answers[0]?.({ action: 'switch-off' });
  await first;
  expect(given.all.map(({ enabled }) => enabled)).toEqual([false, false]);
  expect(await given.before(call(1, 'tea'), 'model')).toEqual({ wasHeld: false });
});

test('an edited call of the recording is not held again on its way to the model', async () => {
  const person = asking();
  const given = made(breaks({ kind: 'text', text: 'tea' }), person);
  const first = given.before(call(0, 'tea', { replace: () => undefined }), 'recording');
  expect(person.asked[0]?.actions).toEqual(['serve', 'switch-off', 'edit', 'stop']);
  person.answers[0]?.({ action: 'edit', text: '{}' });
  await first;
  expect(await given.before(call(0, 'tea and more'), 'model')).toEqual({ wasHeld: true });
  expect(person.asked).toHaveLength(1);
});

test('of a long conversation the last messages are told, and how many stand before them', () => {
  const person = asking();
  const given = made(breaks({ kind: 'call', number: 1 }), person);
  const item = (at: 'system' | number) =>
    ({ item: at, role: 'user', texts: [], toolCalls: [], toolResults: [], others: [] }) as const;
  void given.before(
    call(0, 'x', {
      look: () => ({
        facts: { model: 'm', called: [], offered: [], characters: 1, texts: [] },
        items: () =>
          [item('system'), ...Array.from({ length: 100 }, (_, at) => item(at))].map((one) => ({
            ...one,
            texts: [],
            toolCalls: [],
            toolResults: [],
            others: [],
          })),
        tools: 2,
      }),
    }),
    'model',
  );
  expect(person.asked[0]?.break?.items.map(({ item: at }) => at)).toEqual([
    'system',
    ...Array.from({ length: 30 }, (_, at) => 70 + at),
  ]);
  expect(person.asked[0]?.break).toMatchObject({ itemsBefore: 70, tools: 2 });
});
