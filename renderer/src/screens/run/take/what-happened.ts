import type { CallState } from '../../../../../shared/model/take.ts';
import { formatQuantity } from '../../../lib/format.ts';
import type { CallStates } from './take-queries.ts';

/** What became of a take's own calls, by their states: never what was planned for them. */
export interface WhatHappened {
  /** The first step that was not answered from the recording; undefined while there is none. */
  readonly forkStep: number | undefined;
  /** Steps before this one stand as they were in the parent; 0 where nothing came from the recording. */
  readonly replayedBefore: number;
  /** Calls that the recording answered before the fork, and after it. */
  readonly recordedBefore: number;
  readonly recordedLater: number;
}

export const nothingHappened: WhatHappened = {
  forkStep: undefined,
  replayedBefore: 0,
  recordedBefore: 0,
  recordedLater: 0,
};

export function isFromRecording(state: CallState): boolean {
  return state === 'recorded' || state === 'normalised' || state === 'drifted' || state === 'accepted';
}

export function whatHappened(states: CallStates | undefined): WhatHappened {
  if (states === undefined) return nothingHappened;
  const recorded: number[] = [];
  let forkStep: number | undefined;
  for (const { step, state } of states.values()) {
    if (isFromRecording(state)) recorded.push(step);
    else if (state !== 'waiting') forkStep = Math.min(step, forkStep ?? step);
  }
  const before = recorded.filter((step) => forkStep === undefined || step < forkStep);
  return {
    forkStep,
    recordedBefore: before.length,
    recordedLater: recorded.length - before.length,
    replayedBefore: before.length === 0 ? 0 : (forkStep ?? Math.max(...before) + 1),
  };
}

/** For under the steps, where some are dimmed: what the recording answered. Undefined where it answered nothing. */
export function replayedWords({ forkStep, recordedBefore, recordedLater }: WhatHappened): string | undefined {
  const later = recordedLater === 0 ? '' : `${formatQuantity(recordedLater, 'later call')}`;
  if (recordedBefore === 0)
    return later === ''
      ? undefined
      : `${later} ${recordedLater === 1 ? 'was' : 'were'} answered from the recording (no tokens spent).`;
  const where = forkStep === undefined ? '' : ` before step ${forkStep}`;
  return `${formatQuantity(recordedBefore, 'call')}${where}${later === '' ? '' : ` and ${later}`} ${recordedBefore + recordedLater === 1 ? 'was' : 'were'} answered from the recording (no tokens spent).`;
}
