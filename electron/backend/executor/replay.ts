import type { Edit } from '../../../shared/model/edit.ts';
import { createKeyMaker } from './gateway/call-keys.ts';
import { editRequest } from './gateway/edit-request.ts';
import type { Exchange } from './gateway/exchange.ts';
import type { ReceivedAnswer } from './gateway/handle-call.ts';
import { defined, parseJson } from './gateway/json-values.ts';
import type { RecordedCall } from './gateway/match.ts';
import { createReplayPlan } from './gateway/replay-plan.ts';
import type { Divergence, DivergencePolicy } from './gateway/replay-plan.ts';
import { formatOf, readAnswerBody, recogniseCall } from './gateway/wire-formats.ts';
import type { RecognisedCall } from './gateway/wire-formats.ts';
import { RerunRefused } from './executor-services.ts';
import type { ExecutorServices } from './executor-services.ts';
import { launchRecordSchema } from './launch-record.ts';
import type { LaunchRecord } from './launch-record.ts';
import { exchangeDetailSchema, runSession } from './run-session.ts';
import type { Command, SessionOutcome } from './run-session.ts';
import type { StoredExchange } from '../library/recordings.ts';

/** A recorded run, and the step from which it is to run again. Made before anything starts; nothing has happened yet. */
export interface PreparedReplay {
  readonly parentRunId: string;
  readonly launch: LaunchRecord;
  /** Index of the parent's llm step that goes live; one past its last step when all of it is replayed. */
  readonly forkStep: number;
  readonly forkSeq: number | undefined;
  /** Model calls before the fork. */
  readonly recordedCalls: number;
  /** Tools that the recorded answers before the fork ask for: the agent runs them again, each so often. */
  readonly toolsRunAgain: ReadonlyMap<string, number>;
  /** Runs the take. */
  start(options: StartOptions): Promise<ReplayOutcome>;
}

export interface StartOptions extends Command {
  readonly name: string | undefined;
  readonly upstream: string | undefined;
  readonly signal: AbortSignal;
  readonly decide: (divergence: Divergence) => Promise<DivergencePolicy>;
  readonly afterFork: 'causal' | 'live';
  readonly budgetUsd: number | undefined;
  readonly onStart?: (runId: string) => void;
  readonly onExchange?: (exchange: Exchange) => void;
}

export interface ReplayOutcome extends SessionOutcome {
  readonly served: { readonly recorded: number; readonly live: number; readonly edited: number; readonly held: number; readonly extra: number; readonly skipped: number };
  readonly reachedFork: boolean;
  /** Steps of the parent that were served although something differed. */
  readonly drifted: readonly { readonly step: number | undefined; readonly ignored: readonly string[] }[];
  readonly divergence: string | undefined;
  /** Unknown when a call has no price; 0 only when nothing was asked. */
  readonly savedUsd: number | undefined;
  readonly spentUsd: number | undefined;
}

interface Loaded {
  readonly stored: StoredExchange;
  readonly recognised: RecognisedCall;
  readonly recorded: RecordedCall;
  readonly tools: readonly string[];
}

/** Finds the fork and checks the edits against what was recorded there. Throws RerunRefused or EditRefused. */
export async function prepareReplay(services: ExecutorServices, parentRunId: string, fromStep: number, edits: readonly Edit[]): Promise<PreparedReplay> {
  const recording = await services.recording(parentRunId);
  if (!recording) throw new RerunRefused(`Run ${parentRunId} was not recorded by this install, so there is nothing to answer from. Record it with \`retake run -- COMMAND\`.`);
  const launch = launchRecordSchema.parse(JSON.parse(recording.launch));
  const keys = createKeyMaker();
  const loaded: Loaded[] = [];
  const auxiliary: StoredExchange[] = [];
  for (const seq of recording.exchanges) {
    const stored = await services.exchange(parentRunId, seq);
    if (!stored) continue;
    const call = load(stored, keys);
    if (call) loaded.push(call);
    else auxiliary.push(stored);
  }
  const { stepOf, stepCount } = await stepsOfExchanges(services, parentRunId, loaded);
  const fork = loaded.map((call) => ({ call, step: stepOf.get(call.stored.seq) })).filter(({ step }) => step !== undefined && step >= fromStep)
    .toSorted((a, b) => (a.step ?? 0) - (b.step ?? 0))[0];
  const forkSeq = fork?.call.stored.seq;
  if (!fork && fromStep !== stepCount) throw new RerunRefused(`Run ${parentRunId} has no model call at step ${fromStep} or after it. It has ${stepCount} steps, numbered from 0; --from ${stepCount} replays all of it and asks no model.`);
  if (!fork && edits.length > 0) throw new RerunRefused('A replay of the whole run asks no model: there is nothing that an edit would change.');
  // Found out now, not in the middle of the run.
  if (fork) editRequest(fork.call.recognised.format, { path: fork.call.stored.path, body: sentBody(fork.call.stored) }, edits.filter(({ op }) => op !== 'response'));

  const before = loaded.filter(({ stored }) => forkSeq === undefined || stored.seq < forkSeq);
  const toolsRunAgain = new Map<string, number>();
  for (const name of before.flatMap(({ tools }) => tools)) toolsRunAgain.set(name, (toolsRunAgain.get(name) ?? 0) + 1);
  const prepared = { parentRunId, launch, forkStep: fork?.step ?? stepCount, forkSeq, recordedCalls: before.length, toolsRunAgain };

  return {
    ...prepared,
    async start(options) {
      const bySeq = new Map(loaded.map((call) => [call.stored.seq, call]));
      const meter = createMeter(services, options.budgetUsd);
      const exchanges: Exchange[] = [];
      let divergence: string | undefined;
      const plan = createReplayPlan({
        calls: loaded.map(({ recorded }) => recorded), forkSeq, edits, afterFork: options.afterFork,
        recordedBody: (seq) => Promise.resolve(sentBody(bySeq.get(seq)?.stored)),
        decide(found) {
          divergence ??= found.cause;
          return options.decide(found);
        },
      }, keys);
      const outcome = await runSession({
        ...options, services,
        onExchange(exchange) {
          exchanges.push(exchange);
          meter.add(exchange);
          options.onExchange?.(exchange);
        },
        take: {
          plan, mayGoLive: () => meter.refusal(), spanOf: (seq) => bySeq.get(seq)?.stored.spanId,
          recordedAnswer: (seq) => Promise.resolve(answerOf(bySeq.get(seq)?.stored)),
          recordedAuxiliary(method, path) {
            const found = auxiliary.find((stored) => stored.method === method && stored.path === path && stored.status < 500);
            return Promise.resolve(found && answerOf(found));
          },
          lineage: {
            parentRunId, rootRunId: launch.take?.rootRunId ?? parentRunId, forkStep: prepared.forkStep, edits: [...edits],
            ...defined({ forkSeq, forkSpanId: fork?.call.stored.spanId }),
          },
        },
      });
      const calls = exchanges.filter(({ call }) => call !== undefined);
      const count = (served: Exchange['served']): number => calls.filter((exchange) => exchange.served === served).length;
      return {
        ...outcome,
        served: { recorded: count('recording'), live: count('live'), edited: count('edited'), held: count('held'), extra: calls.filter(({ isFork, served }) => served === 'held' && !isFork && !plan.forked).length, skipped: plan.skipped().length },
        reachedFork: exchanges.some(({ isFork, served }) => isFork || served === 'edited'),
        drifted: calls.flatMap(({ match }) => (match && match.ignored.length > 0 && (match.level === 'anchor' || match.level === 'accepted') ? [{ step: stepOf.get(match.seq), ignored: match.ignored }] : [])),
        divergence, savedUsd: meter.saved(), spentUsd: meter.spent(),
      };
    },
  };
}

function load(stored: StoredExchange, keys: ReturnType<typeof createKeyMaker>): Loaded | undefined {
  const recognised = recogniseCall(stored.method, stored.path);
  const body = recognised && parseJson(Buffer.from(stored.request).toString('utf8'));
  if (!recognised || body === undefined) return undefined;
  const call = recognised.format.readRequest(body, recognised.route);
  const answer = readAnswerBody(recognised.format, stored.contentType, Buffer.from(stored.response).toString('utf8'));
  const asked = answer.parts.flatMap((part) => (part.type === 'tool_call' && part.server !== true ? [part] : []));
  // A call that was held asked nobody: it answers nothing.
  if (stored.served === 'held') return undefined;
  return {
    stored, recognised, tools: asked.map(({ name }) => name),
    recorded: { seq: stored.seq, call, keys: keys.keysOf(call), status: stored.status, toolCallIds: asked.flatMap(({ id }) => id ?? []) },
  };
}

/** What went to the provider. */
function sentBody(stored: StoredExchange | undefined): string {
  if (!stored) throw new Error('The recording has no such call.');
  return Buffer.from(stored.outgoing ?? stored.request).toString('utf8');
}

function answerOf(stored: StoredExchange | undefined): ReceivedAnswer {
  if (!stored) throw new Error('The recording has no such call.');
  const detail = exchangeDetailSchema.safeParse(parseJson(stored.detail));
  return { status: stored.status, contentType: stored.contentType, body: Buffer.from(stored.response), stream: detail.success && detail.data.stream, serverAddress: detail.data?.serverAddress };
}

const stepsAtOnce = 1_000;

/** Position among the run's steps of each recorded call, by its span. */
async function stepsOfExchanges(services: ExecutorServices, runId: string, calls: readonly Loaded[]): Promise<{ readonly stepOf: ReadonlyMap<number, number>; readonly stepCount: number }> {
  const bySpan = new Map(calls.flatMap(({ stored }) => (stored.spanId === undefined ? [] : [[stored.spanId, stored.seq] as const])));
  const found = new Map<number, number>();
  for (let from = 0; ; from += stepsAtOnce) {
    const steps = await services.steps(runId, from, from + stepsAtOnce);
    for (const { id, index } of steps) {
      const seq = bySpan.get(id);
      if (seq !== undefined) found.set(seq, index);
    }
    if (steps.length < stepsAtOnce) return { stepOf: found, stepCount: from + steps.length };
  }
}

/** Money of a take, call by call. */
function createMeter(services: ExecutorServices, budgetUsd: number | undefined) {
  let saved: number | undefined = 0;
  let spent: number | undefined = 0;
  return {
    add({ call, family, answer, served, startNs, serverAddress, status }: Exchange): void {
      if (!call || status >= 400 || (served !== 'live' && served !== 'recording')) return;
      const cost = services.price({
        usage: answer?.usage ?? {}, requestModel: call.model, responseModel: answer?.model, provider: family && formatOf(family).provider, serverAddress, serviceTier: undefined, reportedCostUsd: undefined, atNs: startNs,
      });
      const usd = cost.kind === 'none' || answer?.usage === undefined ? undefined : cost.usd;
      if (served === 'live') spent = usd === undefined || spent === undefined ? undefined : spent + usd;
      else saved = usd === undefined || saved === undefined ? undefined : saved + usd;
    },
    refusal(): string | undefined {
      if (budgetUsd === undefined) return undefined;
      if (spent === undefined) return 'Retake stopped this run: it has a budget, and a live call has no known price.';
      return spent >= budgetUsd ? `Retake stopped this run: $${spent.toFixed(4)} of its budget of $${budgetUsd} are spent.` : undefined;
    },
    saved: () => saved,
    spent: () => spent,
  };
}
