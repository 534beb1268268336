import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Nanos } from '../../../../shared/model/units.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import { parseJson, isRecord, asRecord } from '../../base/json-values.ts';
import { keyMark } from '../../base/secrets.ts';
import type { Secrets } from '../../base/secrets.ts';
import { isFree, localAnswer } from './auxiliary-requests.ts';
import { answerForAgent, keptAnswer } from './cross-wire.ts';
import type { AskProvider, CrossReply, CrossTarget } from './cross-wire.ts';
import { drained, taken } from './delivery.ts';
import type { Exchange, ServedFrom, ServedMatch } from './exchange.ts';
import { answerHeaders, forward } from './forward.ts';
import { putKeysBack } from './key-marks.ts';
import { createLiveText } from './live-text.ts';
import type { Decision, ReplayPlan } from './replay-plan.ts';
import { unpacked } from './unpacked.ts';
import { targetOf } from './upstreams.ts';
import type { ProviderPrefix, Upstreams } from './upstreams.ts';
import { isEventStream, readAnswerBody, recogniseCall } from './wire-formats.ts';
import type { RecognisedCall } from './wire-formats.ts';
import type { WireAnswer, WireCall, WireFormat, WirePart } from './wire.ts';

/** An answer of the recording: as it was received, or (`said`) what a trace tells of it, to be written in the format that is asked for. */
export type RecordedAnswer = ReceivedAnswer | SaidAnswer;

export interface SaidAnswer {
  readonly said: WireAnswer;
  readonly serverAddress: string | undefined;
}

export interface ReceivedAnswer {
  readonly said?: undefined;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  readonly stream: boolean;
  /** Who gave it. */
  readonly serverAddress: string | undefined;
}

export interface CallHandlerOptions {
  readonly upstreams: Upstreams;
  /** In which clients name their own session. */
  readonly sessionHeaders?: readonly string[] | undefined;
  readonly secrets: Secrets;
  readonly now: () => Nanos;
  /** Those that are spoken; absent: all that there are. */
  readonly formats?: readonly WireFormat[];
  /** Undefined: everything is live, the recording is being made. */
  readonly plan: ReplayPlan | undefined;
  readonly recordedAnswer: (seq: number) => Promise<RecordedAnswer>;
  /** A recorded answer to a request that is no model call, by method and path. */
  readonly recordedAuxiliary: (method: string, path: string) => Promise<ReceivedAnswer | undefined>;
  /** Waited for before a call goes to a provider or gets a hand-written answer; a text is the reason why it must not. */
  readonly beforeLive: (call: {
    readonly seq: number;
    readonly request: string;
    readonly replace?: (request: string) => void;
  }) => Promise<string | undefined>;
  /** Other providers than the agent's own, for an edit that says so. */
  readonly askProvider?: AskProvider | undefined;
  /** What happens to a model call until it ends: then comes `onExchange`. */
  readonly onProgress?: (progress: GatewayProgress) => void;
  /** After each exchange, in the order of their ends. What it rejects with ends the exchange with an error. */
  readonly onExchange: (exchange: Exchange) => void;
}

export type GatewayProgress =
  | {
      readonly seq: number;
      readonly kind: 'started';
      readonly call: WireCall;
      readonly format: WireFormat;
      readonly startNs: Nanos;
      readonly traceparent: string | undefined;
    }
  /** Where its answer will come from. `call`: as it goes out. */
  | {
      readonly seq: number;
      readonly kind: 'decided';
      readonly served: ServedFrom;
      readonly match: ServedMatch | undefined;
      readonly isFork: boolean;
      readonly call: WireCall;
    }
  /** The agent closed the connection before it had any answer. */
  | { readonly seq: number; readonly kind: 'left' }
  /** What a live model said since the last report. */
  | { readonly seq: number; readonly kind: 'text'; readonly text: string };

export interface CallHandler {
  handle(given: GivenRequest): Promise<void>;
  abort(): void;
}

export interface GivenRequest {
  readonly prefix: ProviderPrefix;
  readonly path: string;
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

/** Kept of one answer; what is longer still reaches the agent whole. */
const maximumKeptBytes = 64 * 1024 * 1024;

export function createCallHandler(options: CallHandlerOptions): CallHandler {
  const { upstreams, secrets, plan } = options;
  const controller = new AbortController();
  let nextSeq = 0;

  async function handle(given: GivenRequest): Promise<void> {
    const { prefix, request, body } = given;
    const [pathname = '/', query = ''] = given.path.split(/\?(.*)/s);
    secrets.learn(request.headers, new URLSearchParams(query));
    const recognised = recogniseCall(request.method ?? 'GET', pathname, options.formats);
    // As it is kept: a key in a prompt stands in the recording as its mark, and is told to nobody.
    const kept = recognised ? secrets.clean(body).toString('utf8') : '';
    const json = recognised && parseJson(kept);
    const call = recognised && isRecord(json) ? recognised.format.readRequest(json, recognised.route) : undefined;
    const work = new Work(given, nextSeq++, `/${prefix}${pathname}`, recognised, call);
    if (!call || !recognised) return auxiliary(work);
    options.onProgress?.({
      seq: work.seq,
      kind: 'started',
      call,
      format: recognised.format,
      startNs: work.startNs,
      traceparent: headerText(request, 'traceparent'),
    });
    given.response.once('close', () => {
      if (!given.response.headersSent) options.onProgress?.({ seq: work.seq, kind: 'left' });
    });
    if (!plan) return live(work, given.path, kept, { pinned: false, isFork: false });
    const isRetry = Number(request.headers['x-stainless-retry-count'] ?? 0) > 0;
    let decision: Decision;
    try {
      decision = await plan.decide(recognised.format, call, { path: given.path, body: kept }, isRetry);
    } catch (error) {
      return refuse(work, wordsOf(error));
    }
    switch (decision.kind) {
      case 'recorded': {
        const answer = await options.recordedAnswer(decision.match.seq);
        work.match = decision.match;
        decided(work, 'recording');
        work.serverAddress = answer.serverAddress;
        if (answer.said === undefined && answer.body.includes(keyMark))
          work.note = `The model’s answer held a key, which is not kept: the agent got “${keyMark}” in its place.`;
        if (await serve(work, answer, call)) decision.delivered();
        return;
      }
      case 'answer': {
        const refused = await options.beforeLive({ seq: work.seq, request: kept });
        return refused === undefined ? serveParts(work, decision.parts, call) : refuse(work, refused);
      }
      case 'held':
        return refuse(work, decision.message);
      default:
        return live(work, decision.outgoing.path, decision.outgoing.body, decision);
    }
  }

  /** The recorded bytes, where the client asks in the same way; else the same answer written in the other way. */
  async function serve(work: Work, answer: RecordedAnswer, call: WireCall): Promise<boolean> {
    const format = work.recognised?.format;
    if (answer.said) {
      const { error } = answer.said;
      if (error !== undefined && format)
        return finish(work, 'recording', 500, 'application/json', Buffer.from(format.writeError(500, error)));
      return finish(work, 'recording', 200, contentTypeOf(call), written(work.recognised, answer.said, call));
    }
    if (!format || answer.stream === call.stream || answer.status >= 400)
      return finish(work, 'recording', answer.status, answer.contentType, answer.body);
    const read = readAnswerBody(format, answer.contentType, answer.body.toString('utf8'));
    return finish(work, 'recording', answer.status, contentTypeOf(call), written(work.recognised, read, call));
  }

  function decided(work: Work, served: ServedFrom): void {
    if (work.call)
      options.onProgress?.({
        seq: work.seq,
        kind: 'decided',
        served,
        match: work.match,
        isFork: work.isFork,
        call: work.call,
      });
  }

  async function serveParts(work: Work, parts: readonly WirePart[], call: WireCall): Promise<void> {
    decided(work, 'edited');
    const answer: WireAnswer = {
      id: undefined,
      model: call.model,
      parts,
      finish: undefined,
      usage: undefined,
      error: undefined,
    };
    await finish(work, 'edited', 200, contentTypeOf(call), written(work.recognised, answer, call));
  }

  /** 400 and our own words: every known client stops at once and shows them (rerun.md 2.3). */
  async function refuse(work: Work, message: string): Promise<void> {
    const text = work.recognised?.format.writeError(400, message) ?? JSON.stringify({ error: { message } });
    work.note = message;
    await finish(work, 'held', 400, 'application/json', Buffer.from(text));
  }

  async function auxiliary(work: Work): Promise<void> {
    const { request, path, body } = work.given;
    if (!plan || plan.forked) return live(work, path, undefined, { pinned: false, isFork: false });
    const recorded = await options.recordedAuxiliary(request.method ?? 'GET', work.path);
    if (recorded) {
      await finish(work, 'recording', recorded.status, recorded.contentType, recorded.body);
      return;
    }
    const local = localAnswer(request.method ?? 'GET', work.path, body);
    await finish(work, 'held', local.status, 'application/json', Buffer.from(JSON.stringify(local.body)));
  }

  /** `text`: the body without keys, as whoever decides about it sees it; they are put back before it goes out. */
  async function live(
    work: Work,
    path: string,
    text: string | undefined,
    how: {
      readonly pinned: boolean;
      readonly isFork: boolean;
      readonly note?: string;
      readonly target?: CrossTarget | undefined;
    },
  ): Promise<void> {
    const { request, response, prefix } = work.given;
    work.isFork = how.isFork;
    work.note = how.note;
    const refused =
      text === undefined && isFree(request.method ?? 'GET', path)
        ? undefined
        : await options.beforeLive({
            seq: work.seq,
            request: text ?? '',
            ...(text === undefined
              ? {}
              : {
                  replace(other) {
                    text = other;
                  },
                }),
          });
    if (refused !== undefined) return refuse(work, refused);
    if (response.destroyed) {
      work.note = `${how.note === undefined ? '' : `${how.note} `}The agent closed the connection while its call was held; nothing was sent.`;
      await end(work, 'held', 499, undefined, Buffer.alloc(0));
      return;
    }
    work.pinned = how.pinned;
    const body = text === undefined ? work.given.body : withKeys(work, text);
    if (text !== undefined && (path !== work.given.path || !body.equals(work.given.body))) {
      if (!body.equals(work.given.body)) work.outgoing = body;
      // Some formats have the model in the path.
      if (path !== work.given.path) work.sentPath = `/${prefix}${path.replace(/\?.*$/s, '')}`;
      const json = parseJson(secrets.clean(body).toString('utf8'));
      const route = work.recognised?.format.recognise(path.replace(/\?.*$/s, ''));
      if (work.recognised && route && isRecord(json)) work.call = work.recognised.format.readRequest(json, route);
    }
    if (how.target && text !== undefined) return otherProvider(work, how.target, path, body.toString('utf8'));
    decided(work, 'live');
    const target = targetOf(upstreams, prefix, path);
    work.serverAddress = target.hostname;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    let answer: IncomingMessage;
    try {
      answer = await forward({
        target,
        method: request.method ?? 'GET',
        headers: request.headers,
        body,
        signal: AbortSignal.any([gone.signal, controller.signal]),
      });
    } catch (error) {
      work.note = `${target.origin} did not answer: ${wordsOf(error)}.`;
      const message =
        work.recognised?.format.writeError(502, `Retake could not reach the model provider. ${work.note}`) ??
        JSON.stringify({ error: { message: work.note } });
      await finish(work, 'live', 502, 'application/json', Buffer.from(message));
      return;
    }
    const status = answer.statusCode ?? 502;
    const encoding = answer.headers['content-encoding'];
    work.requestId = requestIdOf(answer.headers);
    response.writeHead(status, {
      ...answerHeaders(answer.headers),
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    });
    response.flushHeaders();
    const chunks: Buffer[] = [];
    let kept = 0;
    const said =
      work.recognised && options.onProgress && encoding === undefined && isEventStream(answer.headers['content-type'])
        ? createLiveText(work.recognised.format)
        : undefined;
    const shown = secrets.stream();
    const show = (words: string): void => {
      if (words !== '') options.onProgress?.({ seq: work.seq, kind: 'text', text: words });
    };
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        work.firstByteMs ??= work.elapsedMs();
        kept += chunk.length;
        if (kept <= maximumKeptBytes) chunks.push(chunk);
        if (said) show(shown.take(said.take(chunk)));
        if (!response.write(chunk)) await drained(response);
      }
      show(shown.end());
      if (kept > maximumKeptBytes)
        work.note = `The answer is longer than ${maximumKeptBytes / 1024 / 1024} MiB; the rest was passed on and not kept.`;
    } catch (error) {
      work.note = gone.signal.aborted
        ? 'The agent closed the connection before the answer ended.'
        : `The answer broke off: ${wordsOf(error)}.`;
      response.destroy();
    }
    await end(
      work,
      'live',
      status,
      answer.headers['content-type'],
      unpacked(Buffer.concat(chunks), encoding, maximumKeptBytes),
    );
  }

  /** The agent's own bytes where nothing was changed; else its keys stand again where the recording has marks. */
  function withKeys(work: Work, text: string): Buffer {
    const { body } = work.given;
    if (text === secrets.clean(body).toString('utf8')) return body;
    const back = putKeysBack(secrets, text, body.toString('utf8'));
    if (back.left > 0)
      work.note = `${work.note === undefined ? '' : `${work.note} `}${back.left === 1 ? 'A key that the recording does not hold went to the model as “[key removed]”' : `${back.left} keys that the recording does not hold went to the model as “[key removed]”`}: the live request has none at that place.`;
    return Buffer.from(back.text);
  }

  /** The agent waits in silence until the other model has said all (rerun.md 2.3); its words are shown here as they come. */
  async function otherProvider(work: Work, target: CrossTarget, path: string, text: string): Promise<void> {
    const { recognised } = work;
    const route = recognised?.format.recognise(path.replace(/\?.*$/s, ''));
    if (!recognised || !route || !work.call) return;
    if (!options.askProvider) return refuse(work, `Retake cannot ask ${target.provider} here.`);
    const body = parseJson(text);
    // As it goes out: what is kept has no keys.
    const call = recognised.format.readRequest(body, route);
    work.call = { ...work.call, model: target.model };
    decided(work, 'live');
    const gone = new AbortController();
    work.given.response.once('close', () => gone.abort());
    const shown = secrets.stream();
    let reply: CrossReply;
    try {
      reply = await options.askProvider({
        call,
        body,
        format: recognised.format,
        target,
        signal: AbortSignal.any([gone.signal, controller.signal]),
        onText: (words) => options.onProgress?.({ seq: work.seq, kind: 'text', text: shown.take(words) }),
      });
      options.onProgress?.({ seq: work.seq, kind: 'text', text: shown.end() });
    } catch (error) {
      return refuse(work, wordsOf(error));
    }
    const { answer, note } = answerForAgent(reply.answer, work.agentModel);
    work.other = { target, reply };
    work.serverAddress = reply.serverAddress;
    work.firstByteMs = reply.firstTextMs;
    work.note = [
      work.note,
      `Answered by ${reply.providerName} (${target.model}) in place of the agent’s own provider.`,
      ...reply.notes,
      note,
    ]
      .filter((words) => words !== undefined)
      .join(' ');
    if (work.given.response.destroyed) await end(work, 'live', 499, undefined, Buffer.alloc(0));
    else if (answer.error !== undefined)
      await finish(
        work,
        'live',
        reply.status,
        'application/json',
        Buffer.from(
          recognised.format.writeError(reply.status, `The provider ${target.provider} did not answer: ${answer.error}`),
        ),
      );
    else
      await finish(
        work,
        'live',
        200,
        contentTypeOf(call),
        written(recognised, answer, { ...call, model: work.agentModel }),
      );
  }

  async function finish(
    work: Work,
    served: ServedFrom,
    status: number,
    contentType: string | undefined,
    body: Buffer,
  ): Promise<boolean> {
    const { response, request } = work.given;
    response.writeHead(status, {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      'content-length': body.length,
      ...(contentType?.includes('event-stream') ? { 'cache-control': 'no-cache' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return end(work, served, status, contentType, body);
  }

  /** Waits until the client has taken the answer or gone away, then reports the exchange. */
  async function end(
    work: Work,
    served: ServedFrom,
    status: number,
    contentType: string | undefined,
    body: Buffer,
  ): Promise<boolean> {
    const delivered = await taken(work.given.response);
    const { recognised } = work;
    // Only what is kept is cleaned: the agent gets its answer as it came.
    const cleaned = secrets.clean(body);
    const { answer, response } =
      recognised && work.call
        ? withoutSplitKeys(secrets, recognised, work.call, contentType, cleaned)
        : { answer: undefined, response: cleaned };
    const request = secrets.clean(work.given.body);
    const outgoing = work.outgoing && secrets.clean(work.outgoing);
    const { other } = work;
    const sent = recognised && work.call ? reread(recognised, work, outgoing ?? request) : undefined;
    const asked = other && sent ? { ...sent, model: other.target.model } : sent;
    options.onExchange({
      seq: work.seq,
      method: work.given.request.method ?? 'GET',
      path: work.path,
      sentPath: work.sentPath,
      format: work.call && recognised?.format,
      startNs: work.startNs,
      endNs: options.now(),
      firstByteMs: work.firstByteMs,
      status,
      contentType,
      request,
      outgoing,
      response,
      call: asked,
      answer: other ? keptAnswer(secrets, other.target, other.reply) : answer,
      provider: other?.reply.providerName,
      served,
      match: work.match,
      isFork: work.isFork,
      pinned: work.pinned,
      delivered,
      traceparent: headerText(work.given.request, 'traceparent'),
      requestId: work.requestId && secrets.cleanText(work.requestId),
      sessionId: sessionOf(work.given.request, options.sessionHeaders ?? []),
      note: work.note && secrets.cleanText(work.note),
      serverAddress: work.serverAddress,
    });
    return delivered;
  }

  class Work {
    readonly given: GivenRequest;
    readonly seq: number;
    readonly path: string;
    readonly recognised: RecognisedCall | undefined;
    readonly startNs = options.now();
    private readonly startedMs = performance.now();
    call: WireCall | undefined;
    outgoing: Buffer | undefined;
    sentPath: string | undefined;
    firstByteMs: number | undefined;
    match: Exchange['match'];
    isFork = false;
    pinned = false;
    note: string | undefined;
    serverAddress: string | undefined;
    requestId: string | undefined;
    /** What another provider than the agent's own said. */
    other: { readonly target: CrossTarget; readonly reply: CrossReply } | undefined;
    /** Clients check that the answer names the model that they asked for. */
    readonly agentModel: string;
    constructor(
      given: GivenRequest,
      seq: number,
      path: string,
      recognised: RecognisedCall | undefined,
      call: WireCall | undefined,
    ) {
      this.given = given;
      this.seq = seq;
      this.path = path;
      this.recognised = recognised;
      this.call = call;
      this.agentModel = call?.model ?? '';
    }
    elapsedMs(): number {
      return performance.now() - this.startedMs;
    }
  }

  return { handle, abort: () => controller.abort() };
}

/** Anthropic's header, and everyone else's. */
function requestIdOf(headers: IncomingMessage['headers']): string | undefined {
  const value = headers['request-id'] ?? headers['x-request-id'];
  return typeof value === 'string' && value !== '' ? value.slice(0, longestRequestId) : undefined;
}

const longestRequestId = 200;

/** The call as it is kept: read again where a key was cut out of it. */
function reread(
  { format, route }: RecognisedCall,
  work: { readonly given: GivenRequest; readonly outgoing: Buffer | undefined; readonly call: WireCall | undefined },
  kept: Buffer,
): WireCall | undefined {
  if (kept === (work.outgoing ?? work.given.body)) return work.call;
  const model = work.call?.model;
  return format.readRequest(parseJson(kept.toString('utf8')), {
    ...route,
    model: route.model === undefined ? undefined : model,
  });
}

/** A stream may carry a key in pieces, which only the whole answer shows: then the answer is kept written anew, without it. */
function withoutSplitKeys(
  secrets: Secrets,
  { format }: RecognisedCall,
  call: WireCall,
  contentType: string | undefined,
  response: Buffer,
): { readonly answer: WireAnswer; readonly response: Buffer } {
  const answer = readAnswerBody(format, contentType, response.toString('utf8'));
  const said = JSON.stringify(answer.parts);
  const clean = secrets.cleanText(said);
  if (clean === said) return { answer, response };
  const kept: WireAnswer = { ...answer, parts: JSON.parse(clean) as readonly WirePart[] };
  const model = answer.model ?? call.model;
  return {
    answer: kept,
    response: Buffer.from(
      isEventStream(contentType)
        ? format.writeStream(kept, model, { includeUsage: true })
        : format.writeAnswer(kept, model),
    ),
  };
}

function contentTypeOf(call: WireCall): string {
  return call.stream ? 'text/event-stream; charset=utf-8' : 'application/json';
}

function written(recognised: RecognisedCall | undefined, answer: WireAnswer, call: WireCall): Buffer {
  if (!recognised) return Buffer.alloc(0);
  const { format } = recognised;
  const includeUsage = asRecord(call.params.get('stream_options'))['include_usage'] === true;
  return Buffer.from(
    call.stream ? format.writeStream(answer, call.model, { includeUsage }) : format.writeAnswer(answer, call.model),
  );
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The id of the client's own session that a request belongs to; anything that is not a UUID is none. */
function sessionOf({ headers }: IncomingMessage, names: readonly string[]): string | undefined {
  return names.flatMap((name) => headers[name] ?? []).find((value) => uuid.test(value));
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
