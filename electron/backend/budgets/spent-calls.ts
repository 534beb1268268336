import type { BudgetCall, BudgetedEnd } from './budget-desk.ts';

/** What calls of takes and recordings cost that the library may not know of yet, and what those under way may cost. */
interface TakeSpend {
  readonly names: Set<string>;
  runId: string | undefined;
  /** What the library had of the run when it was first heard of: of a run that another process began to count. */
  base: { readonly day: string; readonly nanoUsd: number } | undefined;
  readonly days: Map<string, DayFigures>;
  readonly underWay: Map<number, UnderWay>;
  /** Counted at their most since nobody was heard of any more; whoever still says what they did cost is believed. */
  readonly assumed: Map<number, UnderWay>;
  /** The budget that each of its calls waits for. */
  readonly waiting: Map<number, string>;
  seenMs: number;
  hasLeft: boolean;
}

interface DayFigures {
  nanoUsd: number;
  assumedNanoUsd: number;
  assumed: number;
  unpriced: number;
}

interface UnderWay {
  readonly day: string;
  /** Undefined: its price is not known. */
  readonly nanoUsd: number | undefined;
}

/** A take as budgets count it. */
export interface CountedTake {
  readonly runId: string | undefined;
  readonly names: ReadonlySet<string>;
  /** With what the library had of it at the beginning. */
  readonly nanoUsd: number;
  readonly assumedNanoUsd: number;
  readonly assumed: number;
  readonly unpriced: number;
  readonly reservedNanoUsd: number;
  readonly waiting: readonly string[];
}

/** A process that makes takes and is silent for longer than this is gone: it says every few seconds that its run goes on. */
const leaseMs = 60_000;

export interface SpentCalls {
  /** Throws nothing; an unknown take is a new one. `had`: nano-dollars that the library has of a run on that day. */
  hear(
    call: Pick<BudgetCall, 'take' | 'runId' | 'names'>,
    day: string,
    had: (runId: string) => number,
    nowMs: number,
  ): { readonly hasLeft: boolean; readonly names: ReadonlySet<string> };
  reserve(call: Pick<BudgetCall, 'take' | 'seq' | 'mostNanoUsd'>, day: string): void;
  wait(take: string, seq: number, budgetId: string): void;
  countUnknown(take: string, seq: number, day: string): void;
  settle(end: BudgetedEnd, day: string): void;
  leave(take: string): void;
  renew(runId: string, nowMs: number): void;
  /** Ends what nobody has renewed; tells whether something had ended. `isOwn`: takes of this process, which need no renewing. */
  expire(nowMs: number, isOwn: (take: string) => boolean): boolean;
  takes(day: string): Iterable<CountedTake>;
  /** What is of days before. */
  forget(day: string): void;
}

export function createSpentCalls(): SpentCalls {
  const takes = new Map<string, TakeSpend>();

  function figures(take: TakeSpend, day: string): DayFigures {
    let found = take.days.get(day);
    if (!found) take.days.set(day, (found = { nanoUsd: 0, assumedNanoUsd: 0, assumed: 0, unpriced: 0 }));
    return found;
  }

  /** Counts a call at what it may have cost, where nobody says what it did; `by` -1: it was counted so. */
  function assume(take: TakeSpend, { day, nanoUsd }: UnderWay, by: 1 | -1 = 1): void {
    const sum = figures(take, day);
    if (nanoUsd === undefined) sum.unpriced += by;
    else if (nanoUsd > 0) {
      sum.nanoUsd += by * nanoUsd;
      sum.assumedNanoUsd += by * nanoUsd;
      sum.assumed += by;
    }
  }

  function end(take: TakeSpend): void {
    take.waiting.clear();
    for (const [seq, call] of take.underWay) {
      assume(take, call);
      take.assumed.set(seq, call);
    }
    take.underWay.clear();
  }

  const made = (): TakeSpend => ({
    names: new Set(),
    runId: undefined,
    base: undefined,
    days: new Map(),
    underWay: new Map(),
    assumed: new Map(),
    waiting: new Map(),
    seenMs: 0,
    hasLeft: false,
  });

  return {
    hear({ take: id, runId, names }, day, had, nowMs) {
      let take = takes.get(id);
      if (!take) takes.set(id, (take = made()));
      take.seenMs = nowMs;
      for (const name of names) take.names.add(name);
      if (runId !== undefined && take.runId === undefined) {
        take.runId = runId;
        // Without calls of its own here it was begun by a process that counted until now. One under way may be in the library already.
        if (take.days.size + take.underWay.size === 0) take.base = { day, nanoUsd: had(runId) };
      }
      return take;
    },
    reserve({ take: id, seq, mostNanoUsd }, day) {
      const take = takes.get(id);
      take?.waiting.delete(seq);
      take?.underWay.set(seq, { day, nanoUsd: mostNanoUsd });
    },
    wait(id, seq, budgetId) {
      takes.get(id)?.waiting.set(seq, budgetId);
    },
    countUnknown(id, seq, day) {
      const take = takes.get(id);
      if (!take) return;
      take.waiting.delete(seq);
      figures(take, day).unpriced++;
    },
    settle({ take: id, seq, nanoUsd, brokeOff }, today) {
      const take = takes.get(id);
      if (!take) return;
      take.waiting.delete(seq);
      const before = take.assumed.get(seq);
      if (before && take.assumed.delete(seq)) assume(take, before, -1);
      const call = take.underWay.get(seq) ?? before;
      take.underWay.delete(seq);
      const day = call?.day ?? today;
      if (nanoUsd === undefined) return assume(take, call ?? { day, nanoUsd: undefined });
      const most = brokeOff === true ? Math.max(nanoUsd, call?.nanoUsd ?? 0) : nanoUsd;
      if (most === 0) return;
      const sum = figures(take, day);
      sum.nanoUsd += most;
      if (most > nanoUsd) {
        sum.assumedNanoUsd += most;
        sum.assumed++;
      }
    },
    leave(id) {
      const take = takes.get(id);
      if (!take) return;
      take.hasLeft = true;
      end(take);
    },
    renew(runId, nowMs) {
      for (const take of takes.values()) if (take.runId === runId) take.seenMs = nowMs;
    },
    expire(nowMs, isOwn) {
      let hasEnded = false;
      for (const [id, take] of takes) {
        if (isOwn(id) || take.underWay.size + take.waiting.size === 0 || nowMs - take.seenMs < leaseMs) continue;
        hasEnded = true;
        end(take);
      }
      return hasEnded;
    },
    *takes(day) {
      for (const { runId, names, base, days, underWay, waiting } of takes.values()) {
        const sum = days.get(day);
        yield {
          runId,
          names,
          nanoUsd: (sum?.nanoUsd ?? 0) + (base?.day === day ? base.nanoUsd : 0),
          assumedNanoUsd: sum?.assumedNanoUsd ?? 0,
          assumed: sum?.assumed ?? 0,
          unpriced: sum?.unpriced ?? 0,
          reservedNanoUsd: [...underWay.values()].reduce(
            (all, call) => all + (call.day === day ? (call.nanoUsd ?? 0) : 0),
            0,
          ),
          waiting: [...waiting.values()],
        };
      }
    },
    forget(day) {
      for (const [id, take] of takes) {
        for (const old of take.days.keys()) if (old < day) take.days.delete(old);
        for (const [seq, call] of take.assumed) if (call.day < day) take.assumed.delete(seq);
        // Heard of again it is a new one, and begins with what the library has of it.
        if (take.days.size + take.underWay.size + take.waiting.size === 0 && take.base?.day !== day) takes.delete(id);
      }
    },
  };
}
