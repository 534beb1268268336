import { setTimeout } from 'node:timers/promises';
import type { Part } from '../../../../shared/model/message.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { TakeSession } from '../executor.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { requestFacts } from '../gateway/request-facts.ts';
import type { WireAnswer, WireCall, WireItem, WirePart } from '../gateway/wire.ts';
import type { ModelProviders, ModelReply, ModelTarget } from '../providers/model-providers.ts';
import { forkItems } from '../recorded/fork-items.ts';
import { newSpanId } from '../session/run-spans.ts';
import type { ToolSpan } from '../session/run-spans.ts';
import { canonicalArguments } from '../tools/tool-call.ts';
import type { ToolDecision, ToolDesk } from '../tools/tool-desk.ts';
import { exchangeOf } from './continue-run.ts';
import type { ContinueRun, EndedCall } from './continue-run.ts';

export interface Turn {
  readonly call: WireCall;
  readonly target: ModelTarget;
}

export interface LoopOptions {
  readonly services: Pick<ExecutorServices, 'now'>;
  readonly session: TakeSession;
  readonly providers: ModelProviders;
  readonly desk: ToolDesk;
  readonly run: ContinueRun;
  readonly customTools: ReadonlySet<string>;
  /** Of the first call: those before it were recorded. */
  readonly firstSeq: number;
  readonly fork: Turn;
  /** Of what comes after the fork: its model, tools, parameters; the conversation grows from the fork's. */
  readonly later: Turn;
  /** Written by hand: no model is asked at the fork. */
  readonly answer: readonly Part[] | undefined;
  /** Dollars of a call that has ended; undefined: not known. */
  readonly priced: (exchange: Exchange) => number | undefined;
}

export interface LoopOutcome {
  readonly status: 'ok' | 'error' | 'stopped';
  /** Of the run: what its root span says. */
  readonly error: string | undefined;
  readonly problem: string | undefined;
}

type AskedTool = Extract<WirePart, { type: 'tool_call' }>;

/** The same calls again and again lead nowhere: a person is asked. */
const repeatsAllowed = 3;
/** Providers that are busy are asked again, as clients do. */
const retriesAfterMs = [500, 2_000];
const busy = new Set([408, 409, 429, 500, 502, 503, 504, 529]);

/** Model, tools, model, until no tool is asked for, the budget or the user ends it, or something fails. */
export async function continueLoop(options: LoopOptions): Promise<LoopOutcome> {
  const { services, session, providers, desk, run, customTools } = options;
  let items: readonly WireItem[] = options.fork.call.items;
  let seq = options.firstSeq;
  let lastAsked = '';
  let repeats = 0;
  /** Why a call must not go out: the user's word, or the budget. */
  let refused: string | undefined;
  const ends = (status: LoopOutcome['status'], error?: string): LoopOutcome => ({
    status,
    error,
    problem: error,
  });
  const stopped = (): LoopOutcome => ends('stopped', 'Stopped by the user.');

  async function ask(call: WireCall, target: ModelTarget, isFork: boolean): Promise<WireAnswer | undefined> {
    const mine = seq++;
    const spanId = newSpanId();
    const progress = { seq: mine, stepId: spanId, model: target.model, isFork } as const;
    session.call({ ...progress, state: 'waiting' });
    const request = shownRequest(call);
    refused = await session.beforeLive({
      seq: mine,
      request,
      look: () => ({
        facts: { ...requestFacts(call, request), model: target.model },
        items: () => forkItems(call),
        tools: call.tools.length,
      }),
      to: providers.addressOf(target),
      isFree: isFork && options.answer !== undefined,
    });
    const startNs = services.now();
    const finish = async (
      ended: Pick<EndedCall, 'answer' | 'status' | 'served' | 'serverAddress' | 'firstByteMs' | 'notes' | 'provider'>,
    ): Promise<void> => {
      const whole = { ...ended, seq: mine, call, startNs, isFork };
      await run.ended({ ...whole, spanId });
      const state = ended.served === 'live' ? 'live' : ended.served === 'edited' ? 'edited' : 'held';
      session.call({
        ...progress,
        state,
        ended: true,
        status: ended.status,
        costUsd: options.priced(exchangeOf({ ...whole, endNs: services.now() })),
        brokeOff: ended.served === 'live' && (session.signal.aborted || isCut(ended)),
      });
    };
    if (refused !== undefined || session.signal.aborted) {
      await finish({
        answer: { ...emptyAnswer, error: refused ?? 'Stopped by the user.' },
        status: 400,
        served: 'held',
        serverAddress: undefined,
        firstByteMs: undefined,
        notes: [refused ?? 'Stopped by the user. Nothing was sent to the model.'],
        provider: undefined,
      });
      return undefined;
    }
    if (isFork && options.answer) {
      const answer: WireAnswer = {
        ...emptyAnswer,
        model: target.model,
        parts: options.answer.map((part, at): WirePart =>
          part.type === 'tool_call' && part.id === undefined ? { ...part, id: `call_retake_${mine}_${at}` } : part,
        ),
      };
      await finish({
        answer,
        status: 200,
        served: 'edited',
        serverAddress: undefined,
        firstByteMs: undefined,
        notes: [],
        provider: undefined,
      });
      return answer;
    }
    session.call({ ...progress, state: 'live' });
    await run.started({ seq: mine, spanId, call, startNs, provider: undefined });
    const reply = await askPatiently(call, target, (text) => session.call({ seq: mine, state: 'live', text }));
    for (const note of reply.notes) session.note(note);
    await finish({
      answer: reply.answer,
      status: reply.status,
      served: 'live',
      serverAddress: reply.serverAddress,
      firstByteMs: reply.firstTextMs,
      notes: reply.notes,
      provider: reply.providerName,
    });
    return reply.answer;
  }

  async function askPatiently(
    call: WireCall,
    target: ModelTarget,
    onText: (text: string) => void,
  ): Promise<ModelReply> {
    for (const patience of [...retriesAfterMs, undefined]) {
      const reply = await providers.ask({ call, target, customTools, signal: session.signal, onText });
      const again =
        patience !== undefined && busy.has(reply.status) && reply.answer.parts.length === 0 && !session.signal.aborted;
      if (!again) return reply;
      session.note(
        `The provider refused a call (${reply.status}: ${reply.answer.error ?? 'no reason'}); asking again.`,
      );
      await setTimeout(patience, undefined, { signal: session.signal }).catch(() => undefined);
    }
    throw new Error('The last try returns.');
  }

  async function runTool(asked: AskedTool): Promise<WirePart> {
    const startNs = services.now();
    const given = { id: asked.id, name: asked.name, arguments: asked.arguments ?? '' };
    const decision = await desk.decide(given);
    const ran = decision.action === 'run' ? await desk.run(given) : undefined;
    const content =
      ran?.content ??
      (decision.action === 'deny' ? decision.message : decision.action === 'result' ? decision.content : '');
    const isError = ran?.isError ?? (decision.action === 'deny' || (decision.action === 'result' && decision.isError));
    await run.tool({
      name: asked.name,
      callId: asked.id,
      arguments: given.arguments,
      result: content,
      isError,
      startNs,
      endNs: services.now(),
      served: servedBy(decision, ran),
    });
    return {
      type: 'tool_result',
      name: asked.name,
      result: content,
      ...(asked.id === undefined ? {} : { id: asked.id }),
      ...(isError ? { isError: true } : {}),
    };
  }

  for (let isFork = true; ; isFork = false) {
    const turn = isFork ? options.fork : options.later;
    const call: WireCall = { ...turn.call, items, system: options.fork.call.system, stream: true };
    const made = await ask(call, turn.target, isFork);
    if (made === undefined) return session.signal.aborted ? stopped() : ends('stopped', refused);
    if (session.signal.aborted) return stopped();
    if (made.error !== undefined) return ends('error', made.error);
    const asked = made.parts.flatMap((part): AskedTool[] =>
      part.type === 'tool_call' && part.server !== true ? [part] : [],
    );
    if (asked.length === 0) return ends('ok');
    const identity = JSON.stringify(asked.map((tool) => [tool.name, canonicalArguments(tool.arguments ?? '')]));
    repeats = identity === lastAsked ? repeats + 1 : 1;
    lastAsked = identity;
    if (repeats >= repeatsAllowed) {
      const { action } = await session.hold({
        kind: 'budget',
        title: `The model has asked for the same call ${repeats} times in a row (${asked.map(({ name }) => name.slice(0, 100)).join(', ')}). It may never end.`,
        actions: ['raise', 'stop'],
        budget: { limit: 'steps', of: repeatsAllowed, used: repeats },
      });
      if (action !== 'raise')
        return ends('stopped', `Stopped: the model asked for the same call ${repeats} times in a row.`);
      repeats = 0;
    }
    const results = await Promise.all(asked.map(runTool)).catch((error: unknown) => {
      // The desk lets go of its callers when the take ends.
      if (session.signal.aborted) return undefined;
      throw error;
    });
    if (!results || session.signal.aborted) return stopped();
    items = [
      ...items,
      { role: 'assistant', parts: made.parts },
      ...results.map((part): WireItem => ({ role: 'tool', parts: [part] })),
    ];
  }
}

/** It has said something, and then broke off. */
function isCut({ answer, status }: { readonly answer: WireAnswer; readonly status: number }): boolean {
  return answer.error !== undefined && answer.parts.length > 0 && (status < 400 || status === 502);
}

const emptyAnswer: WireAnswer = {
  id: undefined,
  model: undefined,
  parts: [],
  finish: undefined,
  usage: undefined,
  error: undefined,
};

function servedBy(
  decision: ToolDecision,
  ran: { readonly source: 'runner' | 'person' } | undefined,
): ToolSpan['served'] {
  if (ran) return ran.source === 'person' ? 'human' : 'live';
  if (decision.action !== 'result') return 'policy';
  return decision.source === 'person' ? 'human' : 'recording';
}

/** What a person reads who decides whether it goes out. */
function shownRequest({ model, system, items, tools }: WireCall): string {
  return JSON.stringify({
    model,
    system: system.map((part) => (part.type === 'text' ? part.text : part.type)),
    messages: items,
    tools: tools.map(({ name }) => name),
  });
}
