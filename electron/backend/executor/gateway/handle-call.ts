import type { Cause } from '../../../../shared/model/cause.ts';
import { keyMark } from '../../../../shared/model/key-mark.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import { createAnswerLedger, unseenText } from './answer-ledger.ts';
import type { UnseenAnswer } from './answer-ledger.ts';
import { exchangeOf } from './call/call-exchange.ts';
import { firstFacts, headerText, readCall } from './call/call.ts';
import type { Answered, GivenCall, GivenRequest, Reply } from './call/call.ts';
import { goLive, leftWhileHeld } from './call/live-call.ts';
import type { LiveOptions } from './call/live-options.ts';
import { tellDecided } from './call/progress.ts';
import { editedReply, localReply, receivedReply, recordedReply, refused } from './call/replies.ts';
import type { ReceivedAnswer, RecordedAnswer } from './call/replies.ts';
import { taken } from './delivery.ts';
import type { Exchange } from './exchange.ts';
import type { Decision, ReplayPlan } from './replay-decision.ts';
import { createAskedTools } from './request-facts.ts';
import type { RecognisedCall } from './wire-formats.ts';
import type { WireCall, WireFormat } from './wire.ts';

/** What calls need on their way. `onProgress` tells what happens to a model call until it ends: then comes `onExchange`. */
export interface CallHandlerOptions extends LiveOptions {
  /** In which clients name their own session. */
  readonly sessionHeaders?: readonly string[] | undefined;
  readonly now: () => Nanos;
  /** Those that are spoken; absent: all that there are. */
  readonly formats?: readonly WireFormat[];
  /** Undefined: everything is live, the recording is being made. */
  readonly plan: ReplayPlan | undefined;
  readonly recordedAnswer: (seq: number) => Promise<RecordedAnswer>;
  /** A recorded answer to a request that is no model call, by method and path. */
  readonly recordedAuxiliary: (method: string, path: string) => Promise<ReceivedAnswer | undefined>;
  /** Waited for before a call is answered from the recording; as `beforeLive`. What replaces the request goes live, as the fork. */
  readonly beforeServed?: LiveOptions['beforeLive'] | undefined;
  /** A request holds answers that the gateway never gave. What is returned is why it is held, and the agent is told so. */
  readonly onUnseen?: (found: UnseenAnswers) => Refusal | undefined;
  /** After each exchange, in the order of their ends. What it rejects with ends the exchange with an error. */
  readonly onExchange: (exchange: Exchange) => void;
}

export interface UnseenAnswers {
  readonly seq: number;
  readonly answers: readonly UnseenAnswer[];
  /** Nothing is answered from a recording any more, or never was. */
  readonly isLive: boolean;
}

export interface Refusal {
  readonly cause: Cause;
  readonly message: string;
}

export interface CallHandler {
  handle(given: GivenRequest): Promise<void>;
  abort(): void;
}

/** Answers the requests of one run: each is read, decided about, answered, and reported as an exchange. */
export function createCallHandler(handlerOptions: CallHandlerOptions): CallHandler {
  const { secrets, now, sessionHeaders = [] } = handlerOptions;
  const askedTools = createAskedTools();
  const options = { ...handlerOptions, askedTools };
  const controller = new AbortController();
  const ledger = createAnswerLedger();
  let nextSeq = 0;
  return {
    async handle(given) {
      const call = readCall(given, nextSeq++, options);
      const { recognised, asked } = call;
      const answers = asked ? ledger.asked(call.seq, asked) : [];
      const found = { seq: call.seq, answers, isLive: options.plan?.forked ?? true };
      const refusal = answers.length > 0 ? options.onUnseen?.(found) : undefined;
      const answered = refusal
        ? refused(call, { ...firstFacts(call), cause: refusal.cause }, refusal.message)
        : recognised && asked
          ? await modelCall(call, recognised, asked, options, controller.signal)
          : await auxiliaryCall(call, options, controller.signal);
      // Before the agent has all of it: how long it takes to read it, and this machine to notice, is no part of the call.
      const endNs = now();
      const exchange = exchangeOf(call, answered, { delivered: false, secrets, sessionHeaders, endNs });
      // Before the agent has all of it: its next request may be on its way in the same moment.
      if (recognised) options.plan?.answered?.(exchange, given.response.destroyed);
      options.cacheQuestions?.answered(exchange);
      if (asked) ledger.answered(call.seq, exchange.status < 400 ? exchange.answer?.parts : undefined);
      askedTools.answered(exchange.answer?.parts ?? []);
      if (!answered.isSent) send(given, answered.reply);
      const delivered = await taken(given.response);
      options.onExchange({ ...exchange, note: noteOf(exchange.note, refusal ? [] : answers), delivered });
      if (delivered) answered.delivered?.();
    },
    abort: () => controller.abort(),
  };
}

function noteOf(note: string | undefined, answers: readonly UnseenAnswer[]): string | undefined {
  return [note, answers.length === 0 ? undefined : unseenText(answers)].filter(Boolean).join(' ') || undefined;
}

async function modelCall(
  call: GivenCall,
  recognised: RecognisedCall,
  asked: WireCall,
  options: CallHandlerOptions,
  stopped: AbortSignal,
): Promise<Answered> {
  const { seq, given, kept } = call;
  const { plan, onProgress } = options;
  const { request, response, path } = given;
  onProgress?.({
    seq,
    kind: 'started',
    call: asked,
    format: recognised.format,
    startNs: call.startNs,
    traceparent: headerText(request, 'traceparent'),
  });
  response.once('close', () => {
    if (!response.headersSent) onProgress?.({ seq, kind: 'left' });
  });
  if (!plan) return goLive(call, { path, text: kept, pinned: false, isFork: false }, options, stopped);
  const isRetry = Number(request.headers['x-stainless-retry-count'] ?? 0) > 0;
  let decision: Decision;
  try {
    const at = { seq, ms: Number(call.startNs / 1_000_000n) };
    decision = await plan.decide(recognised.format, asked, { path, body: kept }, isRetry, at);
  } catch (error) {
    return refused(call, firstFacts(call), wordsOf(error));
  }
  return carriedOut(decision, call, recognised, asked, options, stopped);
}

/** Does what was decided about a model call. */
async function carriedOut(
  decision: Decision,
  call: GivenCall,
  recognised: RecognisedCall,
  asked: WireCall,
  options: CallHandlerOptions,
  stopped: AbortSignal,
): Promise<Answered> {
  const facts = firstFacts(call);
  switch (decision.kind) {
    case 'recorded': {
      const { match, delivered } = decision;
      const wasThere = !call.given.response.destroyed;
      const held = await heldServed(call, asked, options);
      if (held.message !== undefined) return refused(call, facts, held.message);
      if (wasThere && call.given.response.destroyed) return leftWhileHeld(facts);
      if (held.text !== undefined) {
        const { path } = call.given;
        const outgoing = { path, body: held.text };
        const how = options.plan?.insteadOf?.(
          match.seq,
          recognised.format,
          asked,
          { path, body: call.kept },
          outgoing,
          call,
        );
        if (how) return carriedOut(how, call, recognised, asked, options, stopped);
      }
      const answer = await options.recordedAnswer(match.seq);
      tellDecided(options.onProgress, call, { ...facts, match }, 'recording');
      const note =
        answer.said === undefined && answer.body.includes(keyMark)
          ? `The model’s answer held a key, which is not kept: the agent got “${keyMark}” in its place.`
          : undefined;
      return {
        facts: { ...facts, match, serverAddress: answer.serverAddress, note },
        reply: recordedReply(recognised, asked, answer),
        isSent: false,
        delivered,
      };
    }
    case 'answer': {
      const message = await options.beforeLive({ seq: call.seq, request: call.kept, isFree: true });
      if (message !== undefined) return refused(call, facts, message);
      tellDecided(options.onProgress, call, facts, 'edited');
      return { facts, reply: editedReply(recognised, asked, decision.parts), isSent: false };
    }
    case 'held':
      return refused(call, { ...facts, cause: decision.cause }, decision.message);
    default: {
      const { outgoing, ...how } = decision;
      return goLive(call, { path: outgoing.path, text: outgoing.body, ...how }, options, stopped);
    }
  }
}

/** Waits while a call is held that the recording answers. `text`: what goes to the model in its place. */
async function heldServed(
  { seq, kept, given }: GivenCall,
  asked: WireCall,
  { beforeServed, askedTools }: CallHandlerOptions,
): Promise<{ readonly message: string | undefined; readonly text: string | undefined }> {
  let text: string | undefined;
  const message = await beforeServed?.({
    seq,
    request: kept,
    own: kept,
    askedTools,
    read: () => asked,
    isGone: () => given.response.destroyed,
    replace(other) {
      text = other;
    },
  });
  return { message, text };
}

/** Lists, probes and counts: from the recording until the fork, then live. */
async function auxiliaryCall(call: GivenCall, options: CallHandlerOptions, stopped: AbortSignal): Promise<Answered> {
  const { plan } = options;
  const { request, path } = call.given;
  if (!plan || plan.forked)
    return goLive(call, { path, text: undefined, pinned: false, isFork: false }, options, stopped);
  const recorded = await options.recordedAuxiliary(request.method ?? 'GET', call.path);
  return {
    facts: firstFacts(call),
    reply: recorded ? receivedReply(recorded) : localReply(call),
    isSent: false,
  };
}

function send({ request, response }: GivenRequest, { status, contentType, body }: Reply): void {
  response.writeHead(status, {
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    'content-length': body.length,
    ...(contentType?.includes('event-stream') ? { 'cache-control': 'no-cache' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
