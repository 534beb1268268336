import type { Hold, HoldResolution } from '../../../../shared/model/take.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import type { BudgetAnswer, BudgetDesk } from '../../budgets/budget-desk.ts';
import type { LiveRequest } from '../executor.ts';

/** Holds the live calls of one take that could pass a budget of the day: those of an agent, or of all. */
export interface DayGate {
  /** Waits until there is room. `most`: US dollars; undefined: not known. A text is the reason why the call must not go out. */
  before(call: LiveRequest, most: number | undefined): Promise<string | undefined>;
  /** What a call did cost that was let through, or asked to be; undefined: not known. */
  ended(end: { readonly seq: number; readonly usd: number | undefined; readonly brokeOff?: boolean | undefined }): void;
  /** The run has its id now. */
  named(): void;
  close(): void;
}

export interface DayGateOptions {
  readonly budgets: Pick<BudgetDesk, 'reserve' | 'settle' | 'leave' | 'changed' | 'raise'>;
  readonly take: string;
  readonly runId: () => string | undefined;
  readonly names: readonly string[];
  /** Absent: nobody answers, so the call is refused. */
  readonly ask: ((hold: Omit<Hold, 'id' | 'since'>) => Promise<HoldResolution>) | undefined;
  /** Nobody waits for this budget any more. */
  readonly withdraw: (budgetId: string) => void;
  readonly note: (text: string) => void;
}

type Waiting = Extract<BudgetAnswer, { kind: 'wait' }>;

/** Where whoever keeps the budgets is being changed over. */
const pauseMs = 1_000;

export function createDayGate({ budgets, take, runId, names, ask, withdraw, note }: DayGateOptions): DayGate {
  const closing = Promise.withResolvers<void>();
  let isClosed = false;
  let tail: Promise<unknown> = Promise.resolve();
  /** Calls that wait for a person, by budget. */
  const waiting = new Map<string, Set<number>>();
  /** All calls that wait for one answer raise the budget once. */
  const raised = new WeakMap<Promise<HoldResolution>, Promise<void>>();
  /** Those that asked and have no end yet: others cost nothing, and nobody needs to hear of them. */
  const open = new Set<number>();
  /** A call that ended before the run had its id: without it the library's run and this take would be two, and count twice. */
  let unnamed: number | undefined;
  const identity = () => ({ take, runId: runId(), names });

  function stopWaiting(seq: number, but?: string): void {
    for (const [budgetId, calls] of waiting)
      if (budgetId !== but && calls.delete(seq) && calls.size === 0) {
        waiting.delete(budgetId);
        withdraw(budgetId);
      }
  }

  const settle = (seq: number, nanoUsd: number | undefined, brokeOff?: boolean): void => {
    unnamed = runId() === undefined ? seq : undefined;
    const done = budgets
      .settle({ ...identity(), seq, nanoUsd, brokeOff })
      .then((notices) => notices.forEach(note))
      .catch((error: unknown) => note(`What a call cost was not counted towards the budgets: ${wordsOf(error)}`));
    tail = Promise.all([tail, done]);
  };

  function changed(version: number): Promise<void> {
    return budgets.changed(version).catch(() => new Promise<void>((resolve) => void setTimeout(resolve, pauseMs)));
  }

  /** A text refuses the call; undefined: it is to be looked at anew. */
  async function held(seq: number, answer: Waiting, anew: Promise<void>): Promise<string | undefined> {
    const { budgetId, ofUsd, usedUsd, reason, isUnpriced } = answer;
    const stop = `Retake stopped this run: ${reason}. Nothing was sent to the model.`;
    if (!ask)
      return `${stop} ${isUnpriced ? 'Give the model a price in the settings, or set' : 'Set'} another budget with \`retake budgets set\`; what was answered is kept.`;
    const calls = waiting.get(budgetId) ?? new Set();
    waiting.set(budgetId, calls.add(seq));
    stopWaiting(seq, budgetId);
    const asked = ask({
      kind: 'budget',
      title: `The agent wants to make another live call, but ${reason}.${isUnpriced ? ' Sending it lets calls without a price go on for today.' : ''}`,
      actions: [isUnpriced ? 'send' : 'raise', 'stop'],
      budget: { limit: 'usd', of: ofUsd, used: usedUsd, budgetId },
    });
    const resolution = await Promise.race([asked, anew, closing.promise]);
    if (!resolution) return undefined;
    if (resolution.action !== 'raise' && resolution.action !== 'send') return stop;
    let done = raised.get(asked);
    if (!done) {
      done = budgets.raise(
        budgetId,
        resolution.action === 'send' ? undefined : (resolution.limit ?? Math.max(ofUsd, usedUsd) * 2),
      );
      raised.set(asked, done);
    }
    await done;
    return undefined;
  }

  async function passed(call: LiveRequest, most: number | undefined): Promise<string | undefined> {
    const { seq } = call;
    const isOther = call.look?.() === undefined;
    for (;;) {
      if (isClosed) return 'Retake stopped this run: it ended while this call waited. Nothing was sent to the model.';
      // Nothing will be sent for it: the gateway says so.
      if (call.isGone?.() === true) return undefined;
      const answer = await budgets.reserve({
        ...identity(),
        seq,
        mostNanoUsd: most === undefined ? undefined : Math.ceil(most * 1e9),
        isOther,
        model: isOther ? undefined : call.look?.()?.facts.model,
      });
      answer.notices.forEach(note);
      if (answer.kind === 'go') {
        if (!isClosed) return undefined;
        settle(seq, 0);
        continue;
      }
      const anew = changed(answer.version);
      if (answer.mayPass) {
        stopWaiting(seq);
        await Promise.race([anew, closing.promise]);
        continue;
      }
      const refused = await held(seq, answer, anew);
      if (refused !== undefined) return refused;
    }
  }

  return {
    async before(call, most) {
      if (call.isFree === true) return undefined;
      try {
        open.add(call.seq);
        const refused = await passed(call, most);
        // It waits no more, and nothing was reserved for it.
        if (refused !== undefined && open.delete(call.seq)) settle(call.seq, 0);
        return refused;
      } catch (error) {
        return `Retake stopped this call: the budgets could not be looked at. ${wordsOf(error)} Nothing was sent to the model.`;
      } finally {
        stopWaiting(call.seq);
      }
    },
    ended({ seq, usd, brokeOff }) {
      if (open.delete(seq)) settle(seq, usd === undefined ? undefined : Math.round(usd * 1e9), brokeOff);
    },
    named() {
      if (unnamed !== undefined) settle(unnamed, 0);
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      closing.resolve();
      void tail.then(() => budgets.leave(take)).catch(() => undefined);
    },
  };
}
