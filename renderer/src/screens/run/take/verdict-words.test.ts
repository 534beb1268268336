import { expect, test } from 'vitest';
import type { Verdict } from '../../../../../shared/model/take.ts';
import { verdictWords } from './verdict-words.ts';

const served = { recorded: 0, live: 0, edited: 0, held: 0, extra: 0, skipped: 0 };

function verdict(change: Partial<Verdict>, counts: Partial<Verdict['served']>): Verdict {
  return {
    runId: 'take',
    parentRunId: 'parent',
    forkStep: 5,
    edits: [],
    changes: [],
    drifted: [],
    states: [],
    reachedFork: true,
    ...change,
    served: { ...served, ...counts },
  };
}

test('a take whose fork is its first call is not called exact up to it', () => {
  expect(verdictWords(verdict({ forkStep: 1 }, { live: 3 }))).toEqual({
    tone: 'ok',
    title: 'Live from the first call',
    detail: '0 calls from the recording, 3 live.',
  });
});

test('a take that reached its fork without asking for what came before says so', () => {
  expect(verdictWords(verdict({}, { live: 3, skipped: 2 }))).toEqual({
    tone: 'warn',
    title: 'Nothing came from the recording',
    detail: '0 calls from the recording, 3 live; 2 recorded calls never asked for.',
  });
});

test('a take of which no call is known is not said to have ended early', () => {
  expect(verdictWords(verdict({ reachedFork: false }, { skipped: 3 })).title).toBe(
    'Not known how its calls were answered',
  );
});

test('what was counted is said as it was counted, in every outcome', () => {
  const said = (change: Partial<Verdict>, counts: Partial<Verdict['served']>) => {
    const { title, detail } = verdictWords(verdict(change, counts));
    return `${title}: ${detail}`;
  };
  expect([
    said({}, { recorded: 2, live: 2, edited: 1 }),
    said({ divergence: 'message 0 (user) changed', reachedFork: false }, { live: 4 }),
    said({ reachedFork: false }, { recorded: 1, held: 1 }),
    said({}, { recorded: 1, live: 1, held: 1 }),
    said({ reachedFork: false }, { recorded: 4 }),
    said({ reachedFork: false }, { recorded: 1, skipped: 3 }),
    said({ reachedFork: false }, { recorded: 1, live: 1 }),
    said({ drifted: [{ ignored: ['message 2 (user) changed'] }] }, { recorded: 2, live: 1 }),
  ]).toEqual([
    'Exact up to the fork: 2 calls from the recording, 2 live, 1 by hand.',
    'Left the recording before the fork: Message 0 (user) changed. 0 calls from the recording, 4 live.',
    'Stopped before the fork: 1 call from the recording, 0 live; 1 call got no answer.',
    'Stopped after the fork: 1 call from the recording, 1 live; 1 call got no answer.',
    'Replayed exactly: 4 calls from the recording, 0 live. No model was asked.',
    'Ended before it came to step 5: 1 call from the recording, 0 live; 3 recorded calls never asked for.',
    'Went on where the recording ended: 1 call from the recording, 1 live.',
    'Reached the fork, with drift: 2 calls from the recording, 1 live. 1 call asked something a little different and got the recorded answer.',
  ]);
});
