import { randomUUID } from 'node:crypto';
import type { Break } from '../../../../shared/model/break.ts';
import { nameOf } from '../../../../shared/model/run-name.ts';
import { executorKinds } from '../../../../shared/model/take.ts';
import type {
  ForkItem,
  Hold,
  HoldResolution,
  LiveTake,
  RecordRequest,
  TakePlan,
  TakeRequest,
} from '../../../../shared/model/take.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import { NotFound, Refused } from '../../base/faults.ts';
import { RerunRefused } from '../executor-services.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { Executor, PreparedTake, TakeOutcome, TakeSession } from '../executor.ts';
import type { WireCall } from '../gateway/wire.ts';
import { wholeForkItem } from '../recorded/fork-items.ts';
import { loadRecordedCalls } from '../recorded/recorded-calls.ts';
import { findFork, forkCall } from '../recorded/take-plan.ts';
import { recordRun } from '../replay/record.ts';
import { createKeepBreaks, switchedOff } from './agent-breaks.ts';
import { createCallEstimate } from './call-estimate.ts';
import { createLiveTake } from './live-take.ts';
import type { RunningTake } from './live-take.ts';
import { createTakeFeed } from './take-feed.ts';

/** Takes that are still told of after their end. */
const rememberedTakes = 50;
const maximumBatch = 200;

/** How a batch is started. The window's defaults: somebody is there to ask, output comes as lines. */
export interface StartOptions {
  /** False: nobody answers a hold; the policies of the request decide. */
  readonly attended: boolean;
  readonly output?: TakeSession['output'];
  readonly signal?: AbortSignal;
  readonly onStarted?: (runId: string) => void;
  readonly onNote?: (text: string) => void;
  /** What to do at a break, asked where nobody else is there to decide. `signal`: the take ends, the question is over. */
  readonly onHold?: (hold: Hold, signal: AbortSignal) => Promise<HoldResolution>;
  /** After each take, before the next one begins. */
  readonly onTake?: (result: TakeResult) => Promise<void>;
}

export interface TakeResult {
  readonly take: LiveTake;
  /** Undefined where it could not be started at all, or was stopped before. */
  readonly outcome: TakeOutcome | undefined;
  readonly error: unknown;
}

export interface Batch {
  readonly batchId: string;
  readonly takeIds: readonly string[];
  /** Settles when the last of them has ended; never rejects. */
  readonly ended: Promise<readonly TakeResult[]>;
}

/** Owns every take and recording of this backend: what runs, what it waits for, what windows see of it. */
export interface TakeService {
  plan(request: TakeRequest): Promise<TakePlan>;
  forkItem(runId: string, fromStep: number, item: ForkItem['item']): Promise<ForkItem>;
  /** Refused where the plan names a problem. */
  start(request: TakeRequest, options?: StartOptions): Promise<Batch>;
  record(request: RecordRequest, options?: StartOptions): Batch;
  watch(signal: AbortSignal | undefined): AsyncGenerator<{ takes: LiveTake[] }, void, void>;
  control(batchId: string, takeId: string | undefined, action: 'pause' | 'resume' | 'step' | 'stop'): void;
  resolve(takeId: string, holdId: string, resolution: HoldResolution): void;
  /** Other conditions, for all takes of its batch and what the agent starts with next; a call that is held already stays held. */
  setBreaks(takeId: string, breaks: readonly Break[]): Promise<void>;
  /** Ends every take with its processes. */
  close(): Promise<void>;
}

const atTheWindow: StartOptions = { attended: true };

export function createTakeService(services: ExecutorServices, executors: readonly Executor[]): TakeService {
  const takes = new Map<string, RunningTake & { readonly batchId: string }>();
  const batches = new Set<Promise<unknown>>();
  const feed = createTakeFeed((wanted) =>
    [...takes.values()].flatMap((take) => (wanted && !wanted.has(take.id) ? [] : [take.read()])),
  );
  /** The one whose messages are being edited. */
  let lastFork: { readonly key: string; readonly call: Promise<WireCall | undefined> } | undefined;
  let closing = false;
  const keepBreaks = createKeepBreaks(services);

  async function readFork(runId: string, fromStep: number): Promise<WireCall | undefined> {
    const recorded = await loadRecordedCalls(services, runId, []);
    const fork = findFork(recorded, runId, fromStep);
    return fork && forkCall(services, runId, fork);
  }

  function executorOf({ executor: kind, resume }: TakeRequest): Executor {
    if (resume && kind !== 'replay')
      throw new RerunRefused(
        'Only the agent’s own command can go on where a recording ended: choose replay, or a step to go on from.',
      );
    const found = executors.find((executor) => executor.kind === kind);
    if (!found)
      throw new RerunRefused(
        `This version of Retake has no executor “${kind}”. It has: ${executors.map((executor) => executor.kind).join(', ')}.`,
      );
    return found;
  }

  async function availability(request: TakeRequest): Promise<TakePlan['executors']> {
    return Promise.all(
      executorKinds.map(async (kind) => {
        const executor = executors.find((other) => other.kind === kind);
        if (!executor) return { kind, available: false, reason: 'This version of Retake does not have it.' };
        const { available, reason } = await (executor.available?.(request) ?? { available: true, reason: undefined });
        return { kind, available, ...(reason === undefined ? {} : { reason }) };
      }),
    );
  }

  function forget(): void {
    const over = [...takes.values()].filter(({ ended }) => ended);
    for (const { id } of over.slice(0, Math.max(0, takes.size - rememberedTakes))) takes.delete(id);
  }

  function add(
    batchId: string,
    fixed: Omit<LiveTakeFixed, 'batchId'>,
    { budget, breaks, names }: Pick<TakeRequest, 'budget' | 'breaks'> & { readonly names: readonly string[] },
    options: StartOptions,
  ): RunningTake {
    const take = createLiveTake({
      fixed: { ...fixed, batchId },
      budget,
      estimate: createCallEstimate(services),
      days: { budgets: services.budgets, names: [...new Set([fixed.name, ...names])] },
      attended: options.attended,
      output: options.output,
      changed: (id) => feed.changed(id),
      onStarted: options.onStarted,
      onNote: options.onNote,
      onHold: options.onHold,
      breaks,
      onSwitchedOff(conditions) {
        for (const other of takes.values()) if (other.batchId === batchId) other.breaks.switchOff(conditions);
        if (options.attended)
          void keepBreaks(fixed.name, (kept) => switchedOff(kept, conditions)).catch((error: unknown) =>
            take.session.note(
              `The condition is off in this take; the settings could not be written: ${wordsOf(error)}`,
            ),
          );
      },
    });
    takes.set(take.id, Object.assign(take, { batchId }));
    forget();
    feed.changed(take.id);
    return take;
  }

  function run(
    batchId: string,
    members: readonly RunningTake[],
    start: (session: TakeSession) => Promise<TakeOutcome>,
    { signal, onTake }: StartOptions,
  ): Batch {
    const stop = (): void => {
      for (const take of members) take.stop(signal?.reason);
    };
    signal?.addEventListener('abort', stop);
    const ended = (async () => {
      const results: TakeResult[] = [];
      for (const take of members) {
        const result = await runOne(take, start);
        results.push(result);
        await onTake?.(result);
      }
      return results;
    })().finally(() => {
      signal?.removeEventListener('abort', stop);
      batches.delete(ended);
    });
    batches.add(ended);
    return { batchId, takeIds: members.map(({ id }) => id), ended };
  }

  async function runOne(take: RunningTake, start: (session: TakeSession) => Promise<TakeOutcome>): Promise<TakeResult> {
    if (take.ended) return { take: take.read(), outcome: undefined, error: undefined };
    take.begin();
    try {
      const outcome = await start(take.session);
      take.finish(outcome);
      return { take: take.read(), outcome, error: undefined };
    } catch (error) {
      take.fail(wordsOf(error));
      return { take: take.read(), outcome: undefined, error };
    }
  }

  /** What the window starts an agent with is what it offers for it the next time. */
  function remember(agent: string, breaks: readonly Break[] | undefined, { attended }: StartOptions): void {
    if (!attended || breaks === undefined) return;
    // It runs all the same; the window reads what is kept.
    void keepBreaks(agent, () => breaks).catch(() => undefined);
  }

  function refuseWhenClosing(): void {
    if (closing) throw new Refused('Retake is closing.');
  }

  function found(takeId: string): RunningTake {
    const take = takes.get(takeId);
    if (!take) throw new NotFound(`There is no take ${takeId} in this backend.`);
    return take;
  }

  return {
    async plan(request) {
      try {
        const prepared = await executorOf(request).prepare(request);
        return { ...prepared.plan, executors: await availability(request) };
      } catch (error) {
        if (!(error instanceof RerunRefused)) throw error;
        // Another executor may be able to: the sheet says which, and why this one is not.
        const { steps } = await services.run(request.runId);
        return {
          runId: request.runId,
          forkStep: Math.min(request.fromStep, steps),
          steps,
          executors: await availability(request),
          foreign: false,
          recordedCalls: 0,
          laterCalls: 0,
          tools: [],
          health: { replayable: 0, total: 0, problems: [] },
          estimate: { perModel: [] },
          problems: [{ message: error.message }],
        };
      }
    },
    async forkItem(runId, fromStep, item) {
      const key = `${runId} ${fromStep}`;
      if (lastFork?.key !== key) lastFork = { key, call: readFork(runId, fromStep) };
      const call = await lastFork.call.catch((error: unknown) => {
        lastFork = undefined;
        throw error;
      });
      const wanted = call && wholeForkItem(call, item);
      if (!wanted) throw new NotFound(`The request of step ${fromStep} has no message ${item}.`);
      return wanted;
    },
    async start(request, options = atTheWindow) {
      refuseWhenClosing();
      const prepared = await executorOf(request).prepare(request);
      refuseUnlessReady(prepared, request);
      const models = request.models.length > 0 ? request.models : [undefined];
      const of = models.length * request.repeat;
      if (of > maximumBatch)
        throw new Refused(
          `${models.length} models, ${request.repeat} times each, are ${of} takes: at most ${maximumBatch} can be started at once.`,
        );
      const batchId = randomUUID();
      const name = request.name ?? (await services.run(request.runId)).name;
      const names = await services.agentNames(request.runId);
      refuseWhenClosing();
      const { plan } = prepared;
      const members = models.flatMap((model, at) =>
        Array.from({ length: request.repeat }, (_, round) =>
          add(
            batchId,
            {
              position: at * request.repeat + round + 1,
              of,
              kind: 'take',
              executor: request.executor,
              name,
              parentRunId: request.runId,
              forkStep: plan.forkStep,
              ...(model === undefined ? {} : { model }),
            },
            { ...request, names },
            options,
          ),
        ),
      );
      remember(name, request.breaks, options);
      return run(batchId, members, (session) => prepared.start(session), options);
    },
    record(request, options = atTheWindow) {
      refuseWhenClosing();
      const batchId = randomUUID();
      const name = request.name ?? nameOf(request.launch.command);
      const take = add(
        batchId,
        {
          position: 1,
          of: 1,
          kind: 'record',
          executor: 'replay',
          name,
        },
        { budget: {}, breaks: request.breaks ?? [], names: [] },
        options,
      );
      remember(name, request.breaks, options);
      return run(batchId, [take], (session) => recordRun(services, request, session), options);
    },
    watch: (signal) => feed.subscribe(signal),
    control(batchId, takeId, action) {
      const chosen = [...takes.values()].filter(
        (take) => take.batchId === batchId && (takeId === undefined || take.id === takeId),
      );
      if (chosen.length === 0) throw new NotFound('There is no such take in this backend.');
      for (const take of chosen) {
        if (take.ended) continue;
        if (action === 'stop') take.stop();
        else take.gate[action]();
      }
    },
    resolve(takeId, holdId, resolution) {
      const take = found(takeId);
      const kind = take.holds.open.find(({ id }) => id === holdId)?.kind;
      take.holds.resolve(holdId, resolution);
      // A refused tool is no end to its agent: it would go on with the next call.
      if (kind === 'tool' && resolution.action === 'stop') take.stop();
    },
    async setBreaks(takeId, breaks) {
      const { batchId, name } = found(takeId).read();
      for (const take of takes.values()) if (take.batchId === batchId && !take.ended) take.setBreaks(breaks);
      await keepBreaks(name, () => breaks);
    },
    async close() {
      closing = true;
      for (const take of takes.values()) take.stop();
      await Promise.all(batches);
      feed.close();
    },
  };
}

type LiveTakeFixed = Parameters<typeof createLiveTake>[0]['fixed'];

function refuseUnlessReady({ plan }: PreparedTake, request: TakeRequest): void {
  const [problem] = plan.problems;
  if (problem)
    throw new Refused(problem.edit === undefined ? problem.message : `Edit ${problem.edit + 1}: ${problem.message}`);
  if (!plan.foreign || request.trusted) return;
  const tools = plan.tools.map(({ name, count }) => `${name} ×${count}`).join(', ');
  throw new Refused(
    `Run ${plan.runId} was not recorded by this install: its recorded answers are given to your agent as they are.${tools === '' ? '' : ` They ask for these tools, which your agent would run: ${tools}.`} Read them, and agree to it first.`,
  );
}
