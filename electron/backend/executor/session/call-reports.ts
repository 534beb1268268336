import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { CallState } from '../../../../shared/model/take.ts';
import type { TakeSession } from '../executor.ts';
import type { GatewayProgress } from '../gateway/call/progress.ts';
import type { Exchange, ServedFrom, ServedMatch } from '../gateway/exchange.ts';

/** The client gave up while its call was held: it got no answer and asked again, or did not. */
export const abandonedStatus = 499;

/** How a call was answered, in the words of the sheet (rerun.md 3.5). */
export function stateOf(served: ServedFrom, match: ServedMatch | undefined): CallState {
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

export function stateOfLevel(level: string | undefined, ignoredSomething: boolean): CallState {
  if (level === 'accepted') return 'accepted';
  if (level === 'anchor') return 'drifted';
  return level === 'exact' && !ignoredSomething ? 'recorded' : level === undefined ? 'recorded' : 'normalised';
}

/** Tells the take what happens to a call until it ends. `stepOf`: the parent's step of a recorded call. */
export function reportProgress(
  session: TakeSession,
  progress: GatewayProgress,
  stepId: string,
  stepOf: (seq: number) => number | undefined,
): void {
  const { seq } = progress;
  switch (progress.kind) {
    case 'started':
      return session.call({ seq, state: 'waiting', stepId, model: progress.call.model });
    case 'decided':
      return session.call({
        seq,
        state: stateOf(progress.served, progress.match),
        stepId,
        model: progress.call.model,
        isFork: progress.isFork,
        ignored: progress.match?.ignored ?? [],
        parentStep: progress.match && stepOf(progress.match.seq),
      });
    case 'left':
      return session.call({ seq, state: 'waiting', ended: true, status: abandonedStatus });
    case 'text':
      return session.call({ seq, state: 'live', text: progress.text });
    default:
      return assertNever(progress);
  }
}

/** Tells the take how a call ended. */
export function reportEnd(
  session: TakeSession,
  exchange: Exchange,
  stepId: string,
  costUsd: number | undefined,
  stepOf: (seq: number) => number | undefined,
): void {
  const { seq, call, served, match, isFork, status } = exchange;
  if (!call) return;
  session.call({
    seq,
    state: stateOf(served, match),
    stepId,
    model: call.model,
    isFork,
    ignored: match?.ignored ?? [],
    parentStep: match && stepOf(match.seq),
    ended: true,
    status,
    costUsd,
  });
}
