import { assertNever } from '../../../../../shared/model/assert-never.ts';
import type { TakeNode } from '../../../../../shared/model/take-tree.ts';
import type { LiveTake } from '../../../../../shared/model/take.ts';
import { hasEnded } from '../../../session/live-takes.ts';
import type { Tone } from '../../../ui/badge.tsx';
import type { Status } from '../../../ui/status-mark.tsx';

export interface TakeOutcome {
  readonly word: string;
  readonly tone: Tone;
  /** The shape that says the same. */
  readonly status: Status;
}

/** How a run of the tree went or goes: as the backend that runs it says, else as the library does. */
export function takeOutcome({ outcome }: TakeNode, live: LiveTake | undefined): TakeOutcome {
  if (live !== undefined && !hasEnded(live) && live.status !== 'running') {
    if (live.status === 'held') return { word: 'waits for you', tone: 'warn', status: 'paused' };
    if (live.status === 'paused') return { word: 'paused', tone: 'warn', status: 'paused' };
    if (live.status === 'stopping') return { word: 'stopping', tone: 'warn', status: 'paused' };
  }
  switch (outcome) {
    case 'running':
      return { word: 'running', tone: 'ok', status: 'running' };
    case 'ok':
      return { word: 'ok', tone: 'ok', status: 'ok' };
    case 'failed':
      return { word: 'failed', tone: 'error', status: 'error' };
    case 'held':
      return { word: 'held', tone: 'warn', status: 'partial' };
    case 'stopped':
      return { word: 'stopped', tone: 'warn', status: 'partial' };
    case 'partial':
      return { word: 'partial', tone: 'warn', status: 'partial' };
    case 'ended':
      return { word: 'ended', tone: 'neutral', status: 'unset' };
    default:
      return assertNever(outcome);
  }
}
