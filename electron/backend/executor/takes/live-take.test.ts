import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CallEstimate } from './call-estimate.ts';
import { createLiveTake } from './live-take.ts';
import type { RunningTake } from './live-take.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const noEstimate: CallEstimate = { mostUsd: () => undefined, answered: () => undefined, measured: () => undefined };

function begun(attended = true, estimate = noEstimate): RunningTake {
  const take = createLiveTake({
    fixed: {
      batchId: 'b',
      position: 1,
      of: 1,
      kind: 'take',
      executor: 'replay',
      name: 'agent',
      parentRunId: 'p',
      forkStep: 3,
    },
    budget: { usd: 0.5 },
    estimate,
    attended,
    output: undefined,
    changed: () => undefined,
    onStarted: undefined,
    onNote: undefined,
  });
  take.begin();
  return take;
}

const hold = {
  kind: 'divergence' as const,
  title: 'Something else',
  actions: ['serve' as const, 'stop' as const],
  request: '{}',
};

test('an agent that gave up a held call and did not ask again is noted after two minutes, one that did is not', async () => {
  const take = begun();
  const decided = take.session.hold(hold);
  take.session.call({ seq: 0, state: 'waiting' });
  take.session.call({ seq: 0, state: 'waiting', ended: true, status: 499 });
  vi.advanceTimersByTime(100_000);
  take.session.call({ seq: 1, state: 'waiting' });
  vi.advanceTimersByTime(200_000);
  expect(take.read().notes).toEqual([]);
  take.session.call({ seq: 1, state: 'waiting', ended: true, status: 499 });
  vi.advanceTimersByTime(119_000);
  expect(take.read()).toMatchObject({ status: 'held', notes: [] });
  vi.advanceTimersByTime(2_000);
  expect(take.read().notes).toEqual([expect.stringContaining('gave up waiting')]);
  take.holds.resolve(take.holds.open[0]?.id ?? '', { action: 'serve' });
  expect(await decided).toEqual({ action: 'serve' });
});

test('the words of the last live calls are kept, at most 2,000 characters of each; money is unknown as soon as one call is', () => {
  const take = begun();
  for (let seq = 0; seq < 30; seq++) {
    take.session.call({ seq, state: 'live' });
    for (let piece = 0; piece < 30; piece++) take.session.call({ seq, state: 'live', text: `${seq} `.repeat(50) });
    take.session.call({ seq, state: 'live', ended: true, status: 200, costUsd: 0.01 });
  }
  const { calls, spentUsd, savedUsd, served } = take.read();
  expect(calls.map(({ text }) => text?.length)).toEqual([
    ...Array.from({ length: 10 }, () => undefined),
    ...Array.from({ length: 20 }, () => 2_000),
  ]);
  expect([spentUsd?.toFixed(6), savedUsd, served.live]).toEqual(['0.300000', 0, 30]);
  take.session.call({ seq: 30, state: 'recorded', ended: true, status: 200 });
  expect([take.read().savedUsd, 'savedUsd' in take.read()]).toEqual([undefined, false]);
});

test('of thousands of calls the last hundred are told of, those that have not ended, and how many there were', () => {
  const take = begun();
  take.session.call({ seq: 0, state: 'live', model: 'm' });
  for (let seq = 1; seq < 2_000; seq++) {
    take.session.call({ seq, state: 'waiting' });
    take.session.call({ seq, state: seq % 4 === 0 ? 'live' : 'recorded', ended: true, status: 200, costUsd: 0.001 });
    if (seq === 1_500) take.session.call({ seq: 0, state: 'live', text: 'a word' });
  }
  const { calls, callCount, openCalls, served } = take.read();
  expect([callCount, openCalls, served.live, served.recorded]).toEqual([2_000, 1, 499, 1_500]);
  expect(calls.map(({ seq }) => seq)).toEqual([0, ...Array.from({ length: 100 }, (_, at) => 1_900 + at)]);
  expect(calls[0]).toMatchObject({ ended: false, text: 'a word', model: 'm' });
  expect(JSON.stringify(take.read()).length).toBeLessThan(25_000);
  take.session.call({ seq: 0, state: 'live', ended: true, status: 200 });
  expect(take.read()).toMatchObject({ callCount: 2_000, openCalls: 0, served: { live: 500 }, calls: { length: 100 } });
});

test('a client that asks again and again while its call is held fills no memory', () => {
  const take = begun();
  void take.session.hold(hold);
  for (let seq = 0; seq < 1_000; seq++) {
    take.session.call({ seq, state: 'waiting' });
    take.session.call({ seq, state: 'waiting', ended: true, status: 499 });
  }
  expect(take.read()).toMatchObject({ callCount: 1_000, openCalls: 0, calls: { length: 200 } });
});

test('money: held at the limit with what was spent; a call without a price is asked for once', async () => {
  const take = begun();
  take.session.call({ seq: 0, state: 'live', ended: true, status: 200, costUsd: 0.6 });
  const first = take.session.beforeLive({ seq: 1, request: '{}' });
  expect(take.holds.open[0]).toMatchObject({ kind: 'budget', budget: { limit: 'usd', of: 0.5, used: 0.6 } });
  take.holds.resolve(take.holds.open[0]?.id ?? '', { action: 'raise', limit: 2 });
  expect(await first).toBeUndefined();
  take.session.call({ seq: 1, state: 'live', ended: true, status: 200 });
  const second = take.session.beforeLive({ seq: 2, request: '{}' });
  expect(take.holds.open[0]?.title).toContain('no known price');
  take.holds.resolve(take.holds.open[0]?.id ?? '', { action: 'raise', limit: 3 });
  expect(await second).toBeUndefined();
  expect(await take.session.beforeLive({ seq: 3, request: '{}' })).toBeUndefined();
  const unattended = begun(false);
  unattended.session.call({ seq: 0, state: 'live', ended: true, status: 200, costUsd: 0.6 });
  expect(await unattended.session.beforeLive({ seq: 1, request: '{}' })).toBe(
    'Retake stopped this run: $0.6000 of its budget of $0.5 are spent. Nothing was sent to the model. Run it again with a higher --budget-usd; what was answered is in this take.',
  );
  expect(await unattended.session.hold(hold)).toEqual({ action: 'stop' });
});

test('what still waits when it is stopped is told to stop', async () => {
  const take = begun();
  const decided = take.session.hold(hold);
  take.stop('SIGINT');
  expect(await decided).toEqual({ action: 'stop' });
  expect([take.session.signal.aborted, take.session.signal.reason, take.read().status]).toEqual([
    true,
    'SIGINT',
    'stopping',
  ]);
});

test.each(['ends', 'is stopped'])('whoever is asked at a break is told when the take %s', async (how) => {
  const over: string[] = [];
  const take = createLiveTake({
    fixed: { batchId: 'b', position: 1, of: 1, kind: 'record', executor: 'replay', name: 'agent' },
    budget: {},
    estimate: noEstimate,
    attended: false,
    output: undefined,
    changed: () => undefined,
    onStarted: undefined,
    onNote: undefined,
    breaks: [{ condition: { kind: 'call', number: 1 }, enabled: true }],
    onHold: (_hold, signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          over.push('over');
          resolve({ action: 'stop' });
        }),
      ),
  });
  take.begin();
  const held = take.session.beforeLive({
    seq: 0,
    own: '{}',
    request: '{}',
    look: () => ({
      facts: { model: 'm', called: [], offered: [], characters: 2, texts: [] },
      items: () => [],
      tools: 0,
    }),
  });
  await Promise.resolve();
  if (how === 'ends') take.fail('The agent has ended.');
  else take.stop('SIGINT');
  expect(await held).toContain('stopped this run');
  expect(over).toEqual(['over']);
});

test('keys that an agent prints or gives to a tool are not told', () => {
  vi.stubEnv('SHOP_API_KEY', 'plain-looking-key');
  const take = begun();
  vi.unstubAllEnvs();
  const { output } = take.session;
  if (typeof output === 'function') output('stdout', 'using plain-looking-key');
  void take.session.hold({
    kind: 'tool',
    title: 'bash',
    actions: ['run', 'deny'],
    tool: {
      name: 'bash',
      arguments: '{"command":"curl -H sk-aaaaaaaaaaaaaaaaaaaa plain-looking-key"}',
      effect: 'unknown',
      candidates: [],
    },
  });
  const { log, holds } = take.read();
  expect(log).toEqual([{ stream: 'stdout', text: 'using [key removed]' }]);
  expect(holds[0]?.tool?.arguments).toBe('{"command":"curl -H [key removed] [key removed]"}');
});

test('a call that was refused or broke off says nothing of what its model costs', () => {
  const answered: [string, number][] = [];
  const take = begun(true, { ...noEstimate, answered: (model, usd) => answered.push([model, usd]) });
  const end = (seq: number, more: { status: number; costUsd: number; brokeOff?: boolean }) => {
    take.session.call({ seq, state: 'live', model: 'paid' });
    take.session.call({ seq, state: 'live', ended: true, ...more });
  };
  end(0, { status: 429, costUsd: 0 });
  end(1, { status: 502, costUsd: 0 });
  end(2, { status: 200, costUsd: 0, brokeOff: true });
  expect(answered).toEqual([]);
  end(3, { status: 200, costUsd: 0.01 });
  expect(answered).toEqual([['paid', 0.01]]);
});
