import type { RequestFacts } from '../../../shared/model/break.ts';
import type { Cause } from '../../../shared/model/cause.ts';
import type {
  CallState,
  ExecutorKind,
  ForkItem,
  Hold,
  HoldResolution,
  TakePlan,
  TakeRequest,
  TakeServed,
} from '../../../shared/model/take.ts';

/**
 * What makes takes. The three executors (replay, continue, command) are this to the take service, which owns everything that they
 * share: ids, holds, pause and step, budgets, repeats and sweeps, what the window sees.
 */
export interface Executor {
  readonly kind: ExecutorKind;
  /** Whether it can make takes of this run at all, and why not. Absent: asked by `prepare`. */
  available?(request: TakeRequest): Promise<{ readonly available: boolean; readonly reason?: string }>;
  /** Finds the fork and checks the request. Nothing runs, nothing is asked of anybody. Throws RerunRefused when this executor cannot do it at all. */
  prepare(request: TakeRequest): Promise<PreparedTake>;
}

/** A checked request. `start` may be called more than once: each call is one take. */
export interface PreparedTake {
  readonly plan: TakePlan;
  start(session: TakeSession): Promise<TakeOutcome>;
}

/** One take, seen from its executor. */
export interface TakeSession {
  /** Ends the take with all that it started; `reason` is `SIGINT` where the user pressed Ctrl+C. */
  readonly signal: AbortSignal;
  /** The model of this take in a sweep: as an edit `{op: 'model', scope: 'run'}` after all others. */
  readonly model: string | undefined;
  readonly sweep: { readonly batchId: string; readonly position: number; readonly of: number };
  /** Where the command's output goes: `inherit` for the command line, lines for the window. */
  readonly output: 'inherit' | 'inherit-stderr' | ((stream: 'stdout' | 'stderr', text: string) => void);
  /** The run has its id; it is in the library from here on. */
  started(runId: string): void;
  /** Before a call goes to a provider or a hand-written answer: waits while paused or held by a budget. A text refuses it. */
  beforeLive(call: LiveRequest): Promise<string | undefined>;
  /** The same before a call is answered from the recording: only the user's conditions hold it. What replaces it goes live. */
  beforeServed(call: LiveRequest): Promise<string | undefined>;
  /** A call began, changed or ended. Money is added up from ended live and recorded calls. */
  call(progress: CallProgress): void;
  /** Waits for a person, or for the policy where nobody is there. Joined by an identical request of a client that gave up waiting. */
  hold(hold: Omit<Hold, 'id' | 'since'>): Promise<HoldResolution>;
  /** The command and all that it started have ended: whatever is held for them is over. */
  agentEnded(): void;
  note(text: string): void;
}

export interface LiveRequest {
  readonly seq: number;
  /** As it would go out, JSON text. */
  readonly request: string;
  /** As the agent sent it: a client that gave up waiting sends the same again. */
  readonly own?: string;
  /** What it asks; undefined for what is no model call, or none that can be read. */
  readonly look?: () => LookedAt | undefined;
  /** The agent has closed its connection: nothing will be sent. */
  readonly isGone?: () => boolean;
  /** Where given, a person may write another request at a breakpoint: called before `beforeLive` resolves. */
  readonly replace?: (request: string) => void;
  /** Who answers: what the call costs depends on it. */
  readonly to?: CallTarget | undefined;
  /** Nobody is asked that charges for it: the answer was written by hand. */
  readonly isFree?: boolean | undefined;
}

export interface CallTarget {
  /** OpenTelemetry's name (gen_ai.provider.name). */
  readonly provider: string | undefined;
  readonly serverAddress: string | undefined;
}

export interface LookedAt {
  readonly facts: RequestFacts;
  /** Its messages for a person; `tools` is how many it offers. */
  items(): readonly ForkItem[];
  readonly tools: number;
}

export interface CallProgress {
  readonly seq: number;
  readonly state: CallState;
  readonly stepId?: string | undefined;
  readonly parentStep?: number | undefined;
  readonly model?: string | undefined;
  readonly isFork?: boolean;
  readonly ignored?: readonly Cause[];
  /** By what it left the recording. */
  readonly cause?: Cause | undefined;
  readonly ended?: boolean;
  readonly status?: number | undefined;
  /** What came since the last report. */
  readonly text?: string;
  /** Of an ended call. Undefined: no price or no usage. */
  readonly costUsd?: number | undefined;
  /** Of an ended call: it came to no end, so that what is known of its cost is too little. */
  readonly brokeOff?: boolean | undefined;
  /** Of an ended call that was answered: how large its request was, in characters of its JSON and in tokens, and how long the answer. */
  readonly size?:
    | { readonly characters: number; readonly inputTokens: number; readonly outputTokens?: number | undefined }
    | undefined;
}

export interface TakeOutcome {
  readonly runId: string;
  readonly status: 'ok' | 'error' | 'stopped';
  readonly exitCode: number | undefined;
  readonly served: TakeServed;
  readonly reachedFork: boolean;
  readonly drifted: readonly { readonly step: number | undefined; readonly ignored: readonly Cause[] }[];
  /** By what the run first left the recording before the fork. */
  readonly cause: Cause | undefined;
  /** Unknown when a call has no price; 0 only when nothing was asked. */
  readonly savedUsd: number | undefined;
  readonly spentUsd: number | undefined;
  /** What could not be kept or is worth knowing, in words. */
  readonly problems: readonly string[];
}
