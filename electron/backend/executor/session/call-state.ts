import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { CallState } from '../../../../shared/model/take.ts';
import type { ServedFrom, ServedMatch } from '../gateway/exchange.ts';

/** How a call was answered that has ended. */
export type EndedState = Exclude<CallState, 'waiting'>;

/** The client gave up while its call was held: it got no answer and asked again, or did not. */
export const abandonedStatus = 499;

/** How a call was answered, in the words of the sheet (FACTS.md, Call states). */
export function stateOf(served: ServedFrom, match: ServedMatch | undefined): EndedState {
  switch (served) {
    case 'live':
      return 'live';
    case 'edited':
      return 'edited';
    case 'held':
      return 'held';
    case 'recording':
      return stateOfLevel(match?.level, (match?.ignored.length ?? 0) > 0);
    default:
      return assertNever(served);
  }
}

export function stateOfLevel(level: string | undefined, ignoredSomething: boolean): EndedState {
  if (level === 'accepted') return 'accepted';
  if (level === 'anchor') return 'drifted';
  return level === 'exact' && !ignoredSomething ? 'recorded' : level === undefined ? 'recorded' : 'normalised';
}

/** Held, and the client gave up: nobody answered, and nothing was refused. */
export function isAbandoned(served: string, status: number | undefined): boolean {
  return served === 'held' && status === abandonedStatus;
}
