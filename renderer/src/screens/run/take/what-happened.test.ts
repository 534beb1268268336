import { expect, test } from 'vitest';
import type { CallState } from '../../../../../shared/model/take.ts';
import type { CallStates } from './take-queries.ts';
import { nothingHappened, replayedWords, whatHappened } from './what-happened.ts';

const states = (...list: readonly (readonly [number, CallState])[]): CallStates =>
  new Map(list.map(([step, state]) => [step, { step, state, ignored: [] }]));

test('a take that was never answered from the recording has no replayed step, whatever its fork was to be', () => {
  const happened = whatHappened(states([1, 'live'], [3, 'live'], [5, 'live']));
  expect(happened).toEqual({ forkStep: 1, replayedBefore: 0, recordedBefore: 0, recordedLater: 0 });
  expect(replayedWords(happened)).toBeUndefined();
});

test('nothing is said of a take of which nothing is known yet, or whose first call waits', () => {
  expect(whatHappened(undefined)).toEqual(nothingHappened);
  expect(replayedWords(whatHappened(states([1, 'waiting'])))).toBeUndefined();
});

test('the fork is the first step that the recording did not answer; what it answered later is counted apart', () => {
  const happened = whatHappened(
    states([1, 'recorded'], [3, 'normalised'], [5, 'edited'], [7, 'live'], [9, 'recorded'], [11, 'drifted']),
  );
  expect(happened).toEqual({ forkStep: 5, replayedBefore: 5, recordedBefore: 2, recordedLater: 2 });
  expect(replayedWords(happened)).toBe(
    '2 calls before step 5 and 2 later calls were answered from the recording (no tokens spent).',
  );
});

test('a whole replay has no fork, and one call is one call', () => {
  const happened = whatHappened(states([1, 'recorded']));
  expect(happened).toMatchObject({ forkStep: undefined, replayedBefore: 2 });
  expect(replayedWords(happened)).toBe('1 call was answered from the recording (no tokens spent).');
  expect(replayedWords(whatHappened(states([1, 'live'], [2, 'recorded'])))).toBe(
    '1 later call was answered from the recording (no tokens spent).',
  );
});
