import { randomUUID } from 'node:crypto';
import type { Break, BreakCondition } from '../../../../shared/model/break.ts';
import { causeWords } from '../../../../shared/model/cause.ts';
import type { Hold, HoldResolution, LiveTake, TakeCall, TakeRequest } from '../../../../shared/model/take.ts';
import { defined } from '../../base/json-values.ts';
import { createSecrets } from '../../base/secrets.ts';
import type { CallProgress, TakeOutcome, TakeSession } from '../executor.ts';
import { isAbandoned } from '../session/call-state.ts';
import { createTally } from '../session/tally.ts';
import type { CallEstimate } from './call-estimate.ts';
import { createDayGate } from './day-gate.ts';
import type { DayGateOptions } from './day-gate.ts';
import { createHolds } from './holds.ts';
import type { Holds } from './holds.ts';
import { createTakeBreaks } from './take-breaks.ts';
import type { TakeBreaks } from './take-breaks.ts';
import { createTakeGate } from './take-gate.ts';
import type { TakeGate } from './take-gate.ts';

const logLines = 200;
const logLineLength = 2_000;
const textLength = 2_000;
/** Live calls whose words are kept for the window. */
const textsKept = 20;
const notesKept = 100;
/** Ended calls that are told of one by one; a window reads the others from the run. */
const endedCallsKept = 100;
/** A client that gave its call up asks again within this, or not at all (FACTS.md, Holds and stops). */
const goneAfterMs = 120_000;

type Fixed = Pick<
  LiveTake,
  'batchId' | 'position' | 'of' | 'kind' | 'executor' | 'name' | 'model' | 'parentRunId' | 'forkStep'
>;

export interface LiveTakeOptions {
  readonly fixed: Fixed;
  readonly budget: TakeRequest['budget'];
  readonly estimate: CallEstimate;
  /** Budgets of the day, and every name that one may mean this run by. */
  readonly days?: { readonly budgets: DayGateOptions['budgets']; readonly names: readonly string[] } | undefined;
  readonly attended: boolean;
  readonly output: TakeSession['output'] | undefined;
  readonly changed: (takeId: string) => void;
  readonly onStarted: ((runId: string) => void) | undefined;
  readonly onNote: ((text: string) => void) | undefined;
  readonly breaks?: readonly Break[];
  /** Asks whoever started it what to do at a break, where no window is there. */
  readonly onHold?: ((hold: Hold, signal: AbortSignal) => Promise<HoldResolution>) | undefined;
  /** A person switched these conditions off at a hold. Absent: they are switched off in this take. */
  readonly onSwitchedOff?: (conditions: readonly BreakCondition[]) => void;
}

/** A take that waits, runs or has run in this backend: what the window sees of it, and the executor's side of it. */
export interface RunningTake {
  readonly id: string;
  readonly ended: boolean;
  readonly holds: Holds;
  readonly gate: TakeGate;
  readonly breaks: TakeBreaks;
  readonly session: TakeSession;
  read(): LiveTake;
  begin(): void;
  setBreaks(breaks: readonly Break[]): void;
  /** Ends it with all that it started. */
  stop(reason?: unknown): void;
  finish(outcome: TakeOutcome): void;
  fail(message: string): void;
}

export function createLiveTake({
  fixed,
  budget,
  estimate,
  days,
  attended,
  output,
  changed,
  onStarted,
  onNote,
  breaks: conditions = [],
  onHold,
  onSwitchedOff,
}: LiveTakeOptions): RunningTake {
  const id = randomUUID();
  const controller = new AbortController();
  /** It has ended, in whatever way: nobody is asked any more. */
  const over = new AbortController();
  const calls = new Map<number, TakeCall>();
  const counts = createCallCounts();
  const withText: number[] = [];
  const notes: string[] = [];
  const log: LiveTake['log'] = [];
  const counter = createTally();
  let state: 'waiting' | 'running' | 'stopping' | 'ended' = 'waiting';
  let startedAt: number | undefined;
  let endedAt: number | undefined;
  let runId: string | undefined;
  let outcome: TakeOutcome | undefined;
  let failed = false;
  let gone: NodeJS.Timeout | undefined;

  /** Agents print keys, and give them to tools; windows are not told them. Requests come here without them (gateway/handle-call.ts). */
  const secrets = createSecrets(process.env);
  const cleanLine = { stdout: secrets.lines(), stderr: secrets.lines() };

  function withoutKeys<T extends Omit<Hold, 'id' | 'since'>>(hold: T): T {
    return hold.tool ? { ...hold, tool: { ...hold.tool, arguments: secrets.cleanText(hold.tool.arguments) } } : hold;
  }

  const tell = (): void => changed(id);
  /** What is asked at the terminal: over when the call goes on for another reason. */
  const questions = new Map<string, AbortController>();
  const holds = createHolds(tell, (hold) => void askAtTheTerminal(hold));
  const breaks: TakeBreaks = createTakeBreaks({
    breaks: conditions,
    spent: () => gate.spent,
    ask: attended || onHold ? (hold) => holds.ask(hold) : undefined,
    onSwitchedOff(chosen) {
      breaks.switchOff(chosen);
      onSwitchedOff?.(chosen);
      tell();
    },
    onNote: note,
  });
  const dayGate =
    days &&
    createDayGate({
      ...days,
      take: id,
      runId: () => runId,
      ask: attended || onHold ? (hold) => holds.ask(hold) : undefined,
      withdraw(budgetId) {
        for (const holdId of holds.withdraw(({ budget: held }) => held?.budgetId === budgetId)) {
          questions.get(holdId)?.abort();
          questions.delete(holdId);
        }
      },
      note,
    });
  const gate = createTakeGate({
    budget,
    days: dayGate,
    attended,
    changed: tell,
    breaks,
    estimate,
    ask: (hold) => holds.ask(hold),
    release: (limit) => holds.settle('breakpoint', 'send', limit),
  });

  async function askAtTheTerminal(hold: Hold): Promise<void> {
    if (!onHold || (hold.kind !== 'break' && hold.budget?.budgetId === undefined)) return;
    const question = new AbortController();
    questions.set(hold.id, question);
    const signal = AbortSignal.any([over.signal, question.signal]);
    const resolution = await onHold(hold, signal).catch((): HoldResolution => ({ action: 'stop' }));
    questions.delete(hold.id);
    if (holds.open.some(({ id: one }) => one === hold.id)) holds.resolve(hold.id, resolution);
  }

  function note(text: string): void {
    if (notes.includes(text)) return;
    if (notes.length < notesKept) notes.push(text);
    onNote?.(text);
    tell();
  }

  function call(progress: CallProgress): void {
    const { seq, ended = false } = progress;
    const before = calls.get(seq);
    if (!before) clearTimeout(gone);
    counts.forget(before);
    const text = progress.text === undefined ? before?.text : ((before?.text ?? '') + progress.text).slice(-textLength);
    if (progress.text !== undefined && before?.text === undefined) withText.push(seq);
    const {
      stepId = before?.stepId,
      parentStep = before?.parentStep,
      model = before?.model,
      status = before?.status,
    } = progress;
    const now: TakeCall = {
      seq,
      state: progress.state,
      isFork: progress.isFork ?? before?.isFork ?? false,
      ignored: progress.ignored?.map(causeWords) ?? before?.ignored ?? [],
      startedAt: before?.startedAt ?? Date.now(),
      ended,
      ...defined({ stepId, parentStep, model, status, text, costUsd: progress.costUsd }),
    };
    calls.set(seq, now);
    counts.add(now);
    const old = withText.length > textsKept ? calls.get(withText.shift() ?? -1) : undefined;
    if (old) {
      const { text: _text, ...rest } = old;
      calls.set(old.seq, rest);
    }
    if (ended && progress.state === 'waiting' && before?.ended !== true) leftAlone();
    if (progress.size) {
      breaks.measured(progress.size);
      gate.measured(progress.size);
    }
    // A call that was given up while it was held may end otherwise yet; then it is counted.
    if (isSettled(now) && !(before && isSettled(before))) {
      account(progress, now);
      dayGate?.ended({
        seq,
        usd: progress.state === 'live' ? progress.costUsd : 0,
        brokeOff: progress.state === 'live' && progress.brokeOff,
      });
    }
    if (ended) gate.ended(seq);
    if (calls.size - counts.open > endedCallsKept) dropOldestEnded();
    tell();
  }

  /** A call that was given up while it was held may end otherwise yet: it goes last. */
  function dropOldestEnded(): void {
    const oldest =
      calls.values().find(({ ended, state: how }) => ended && how !== 'waiting') ??
      (calls.size - counts.open > 2 * endedCallsKept ? calls.values().find(({ ended }) => ended) : undefined);
    if (oldest) calls.delete(oldest.seq);
  }

  function account(
    { state: how, ignored = [], cause, costUsd, brokeOff }: CallProgress,
    { seq, isFork, ...now }: TakeCall,
  ): void {
    if (how === 'waiting') return;
    counter.add({
      order: seq,
      state: how,
      isFork,
      abandoned: isAbandoned(how, now.status),
      parentStep: now.parentStep,
      ignored,
      cause,
      costUsd,
    });
    // What was refused costs nothing, whatever its model costs otherwise.
    const isWhole = (now.status ?? 500) < 400 && brokeOff !== true;
    if (how === 'live') gate.spend(costUsd, isWhole ? now.model : undefined);
  }

  /** The client closed the connection of a call that is held. */
  function leftAlone(): void {
    clearTimeout(gone);
    gone = setTimeout(() => {
      if (holds.open.length > 0)
        note(
          'The agent gave up waiting for a call that is held, and has not asked again. Its own time limit may be too short: it can be raised in its settings (for many clients a “timeout” option, for Claude Code API_TIMEOUT_MS).',
        );
    }, goneAfterMs);
    gone.unref();
  }

  function status(): LiveTake['status'] {
    switch (state) {
      case 'waiting':
        return 'waiting';
      case 'stopping':
        return 'stopping';
      case 'ended':
        return failed ? 'error' : (outcome?.status ?? 'stopped');
      case 'running': {
        if (holds.open.some(({ kind }) => kind !== 'breakpoint')) return 'held';
        return gate.paused ? 'paused' : 'running';
      }
      default:
        return state;
    }
  }

  function end(): void {
    clearTimeout(gone);
    state = 'ended';
    endedAt = Date.now();
    over.abort();
    holds.settle(undefined, 'stop');
    gate.close();
    dayGate?.close();
    tell();
  }

  return {
    id,
    holds,
    gate,
    breaks,
    get ended() {
      return state === 'ended';
    },
    session: {
      signal: controller.signal,
      model: fixed.model,
      sweep: { batchId: fixed.batchId, position: fixed.position, of: fixed.of },
      output:
        output ??
        ((stream, text) => {
          log.push({ stream, text: cleanLine[stream](text).slice(0, logLineLength) });
          if (log.length > logLines) log.shift();
          tell();
        }),
      started(given) {
        runId = given;
        dayGate?.named();
        onStarted?.(given);
        tell();
      },
      beforeLive: (call) => gate.beforeLive(call),
      beforeServed: (call) => gate.beforeServed(call),
      call,
      hold(hold) {
        if (attended && state === 'running') return holds.ask(withoutKeys(hold));
        return Promise.resolve(
          hold.kind === 'tool'
            ? { action: 'deny', text: 'Nobody is there to decide whether this tool may run.' }
            : { action: hold.kind === 'breakpoint' ? 'send' : 'stop' },
        );
      },
      agentEnded() {
        if (holds.open.length === 0) return;
        note('The agent has ended while a call of it was held: nothing was sent.');
        over.abort();
        holds.settle(undefined, 'stop');
      },
      note,
    },
    read() {
      const { served, savedUsd, spentUsd, cause } = outcome ?? counter.tally;
      return {
        ...fixed,
        id,
        status: status(),
        calls: [...calls.values()],
        callCount: counts.all,
        openCalls: counts.open,
        holds: [...holds.open],
        breaks: [...breaks.all],
        served: { skipped: 0, ...served },
        notes: [...notes],
        log: [...log],
        ...defined({
          runId,
          startedAt,
          endedAt,
          savedUsd,
          spentUsd,
          exitCode: outcome?.exitCode,
          cause,
          divergence: cause && causeWords(cause),
        }),
      };
    },
    begin() {
      state = 'running';
      startedAt = Date.now();
      tell();
    },
    setBreaks(next) {
      breaks.set(next);
      tell();
    },
    stop(reason) {
      if (state === 'ended') return;
      if (state === 'waiting') return end();
      state = 'stopping';
      over.abort();
      holds.settle(undefined, 'stop');
      controller.abort(reason);
      tell();
    },
    finish(made) {
      outcome = made;
      for (const problem of made.problems) note(`The recording of this take is not whole: ${problem}`);
      end();
    },
    fail(message) {
      failed = true;
      note(message);
      end();
    },
  };
}

function isSettled({ ended, state }: TakeCall): boolean {
  return ended && state !== 'waiting';
}

/** How many calls there are, those among them that are no longer told of, and how many have not ended. */
function createCallCounts() {
  let all = 0;
  let open = 0;

  function count(call: TakeCall, by: 1 | -1): void {
    all += by;
    if (!call.ended) open += by;
  }

  return {
    add: (call: TakeCall): void => count(call, 1),
    /** Before it is added as it is now. */
    forget(call: TakeCall | undefined): void {
      if (call) count(call, -1);
    },
    get all() {
      return all;
    },
    get open() {
      return open;
    },
  };
}
