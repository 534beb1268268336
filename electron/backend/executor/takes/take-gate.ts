import type { Hold, HoldResolution, TakeRequest } from '../../../../shared/model/take.ts';
import type { LiveRequest } from '../executor.ts';
import { shownRequestLimit } from './take-breaks.ts';
import type { TakeBreaks } from './take-breaks.ts';

/** Stands before every call that costs something: pause and step by the user, limits by the budget. */
export interface TakeGate {
  readonly paused: boolean;
  pause(): void;
  resume(): void;
  /** Lets the call that waits, or the next one, through. */
  step(): void;
  /** Waits for its turn. A text is the reason why the call must not go out. */
  beforeLive(call: LiveRequest): Promise<string | undefined>;
  /** The same before the recording answers, which costs nothing. */
  beforeServed(call: LiveRequest): Promise<string | undefined>;
  /** What live calls have cost; `unpriced` of them have no known price. */
  readonly spent: { readonly usd: number; readonly unpriced: number };
  /** What an ended live call cost. */
  spend(usd: number | undefined): void;
}

export interface TakeGateOptions {
  readonly budget: TakeRequest['budget'];
  /** False: nobody answers a hold, so a limit stops the take. */
  readonly attended: boolean;
  readonly ask: (hold: Omit<Hold, 'id' | 'since'>) => Promise<HoldResolution>;
  /** Lets waiting breakpoints go; tells how many. */
  readonly release: (limit?: number) => number;
  readonly changed: () => void;
  readonly breaks: Pick<TakeBreaks, 'before'>;
}

type Limit = 'usd' | 'steps' | 'seconds';

interface Reached {
  readonly limit: Limit;
  readonly of: number;
  readonly used: number;
  readonly reason: string;
}

export function createTakeGate({ budget, attended, ask, release, changed, breaks }: TakeGateOptions): TakeGate {
  const limits = new Map<Limit, number>(
    Object.entries(budget).flatMap(([name, value]) => (value === undefined ? [] : [[name as Limit, value]])),
  );
  const startedMs = performance.now();
  let paused = false;
  let steps = 0;
  let liveCalls = 0;
  let spent = 0;
  let unpriced = 0;
  let unpricedAllowed = 0;

  function reached(): Reached | undefined {
    const usd = limits.get('usd');
    if (usd !== undefined && unpriced > unpricedAllowed)
      return { limit: 'usd', of: usd, used: spent, reason: 'it has a budget, and a live call has no known price' };
    if (usd !== undefined && spent >= usd)
      return { limit: 'usd', of: usd, used: spent, reason: `$${spent.toFixed(4)} of its budget of $${usd} are spent` };
    const calls = limits.get('steps');
    if (calls !== undefined && liveCalls >= calls)
      return {
        limit: 'steps',
        of: calls,
        used: liveCalls,
        reason: `it has made ${liveCalls} live ${liveCalls === 1 ? 'call' : 'calls'} of the ${calls} that its budget allows`,
      };
    const seconds = limits.get('seconds');
    const elapsed = (performance.now() - startedMs) / 1_000;
    if (seconds !== undefined && elapsed >= seconds)
      return {
        limit: 'seconds',
        of: seconds,
        used: Math.round(elapsed),
        reason: `it has run for ${Math.round(elapsed)} of the ${seconds} seconds that its budget allows`,
      };
    return undefined;
  }

  async function withinBudget(): Promise<string | undefined> {
    for (let over = reached(); over; over = reached()) {
      const stop = `Retake stopped this run: ${over.reason}. Nothing was sent to the model.`;
      if (!attended)
        return `${stop} Run it again with a higher --budget-${over.limit}; what was answered is in this take.`;
      const { limit, of, used, reason } = over;
      const resolution = await ask({
        kind: 'budget',
        title: `The agent wants to make another live call, but ${reason}.`,
        actions: ['raise', 'stop'],
        budget: { limit, of, used },
      });
      if (resolution.action !== 'raise') return stop;
      limits.set(limit, resolution.limit ?? Math.max(of, used) * 2);
      unpricedAllowed = unpriced;
    }
    return undefined;
  }

  return {
    get paused() {
      return paused;
    },
    pause() {
      paused = true;
      steps = 0;
      changed();
    },
    resume() {
      paused = false;
      release();
      changed();
    },
    step() {
      paused = true;
      if (release(1) === 0) steps++;
      changed();
    },
    get spent() {
      return { usd: spent, unpriced };
    },
    beforeServed: async (call) => (await breaks.before(call, 'recording')).refused,
    async beforeLive(call) {
      const overBudget = await withinBudget();
      if (overBudget !== undefined) return overBudget;
      const { refused, wasHeld } = await breaks.before(call, 'model');
      if (refused !== undefined) return refused;
      if (wasHeld) {
        if (call.isGone?.() !== true) liveCalls++;
        return undefined;
      }
      const { request, replace } = call;
      if (paused && steps > 0) steps--;
      else if (paused) {
        const isShown = request.length <= shownRequestLimit;
        const { action, text } = await ask({
          kind: 'breakpoint',
          title: 'The agent wants to make a live call, and the take is paused.',
          actions: ['send', ...(replace && isShown ? ['edit' as const] : []), 'stop'],
          ...(isShown ? { request } : {}),
        });
        if (action === 'edit' && text !== undefined) replace?.(text);
        else if (action !== 'send')
          return 'Retake stopped this run: the user stopped it at this call. Nothing was sent to the model.';
      }
      liveCalls++;
      return undefined;
    },
    spend(usd) {
      if (usd === undefined) unpriced++;
      else spent += usd;
    },
  };
}
