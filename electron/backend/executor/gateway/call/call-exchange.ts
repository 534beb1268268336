import type { IncomingMessage } from 'node:http';
import type { Nanos } from '../../../../../shared/model/units.ts';
import { parseJson } from '../../../base/json-values.ts';
import type { Secrets } from '../../../base/secrets.ts';
import { keptAnswer } from '../cross-wire.ts';
import type { Exchange } from '../exchange.ts';
import { isEventStream, readAnswerBody } from '../wire-formats.ts';
import type { RecognisedCall } from '../wire-formats.ts';
import type { WireAnswer, WireCall, WirePart } from '../wire.ts';
import { headerText } from './call.ts';
import type { Answered, GivenCall, Reply } from './call.ts';

/** The call with its answer as it is kept. Only what is kept is cleaned: the agent gets its answer as it came. */
export function exchangeOf(
  call: GivenCall,
  { facts, reply }: Pick<Answered, 'facts' | 'reply'>,
  {
    delivered,
    secrets,
    sessionHeaders,
    endNs,
  }: {
    /** The agent took all of the answer. */
    readonly delivered: boolean;
    readonly secrets: Secrets;
    readonly sessionHeaders: readonly string[];
    readonly endNs: Nanos;
  },
): Exchange {
  const { recognised, given } = call;
  const { other } = facts;
  const cleaned = secrets.clean(reply.body);
  const { answer, response } =
    recognised && facts.call
      ? withoutSplitKeys(secrets, recognised, facts.call, reply, cleaned)
      : { answer: undefined, response: cleaned };
  const request = secrets.clean(given.body);
  const outgoing = facts.outgoing && secrets.clean(facts.outgoing);
  const sent =
    recognised && facts.call
      ? reread(recognised, facts.call, facts.outgoing ?? given.body, outgoing ?? request)
      : undefined;
  return {
    seq: call.seq,
    method: given.request.method ?? 'GET',
    path: call.path,
    sentPath: facts.sentPath,
    format: facts.call && recognised?.format,
    startNs: call.startNs,
    endNs,
    firstByteMs: facts.firstByteMs,
    status: reply.status,
    contentType: reply.contentType,
    request,
    outgoing,
    response,
    call: other && sent ? { ...sent, model: other.target.model } : sent,
    answer: other ? keptAnswer(secrets, other.target, other.reply) : answer,
    provider: other?.reply.providerName,
    served: reply.served,
    match: facts.match,
    isFork: facts.isFork,
    pinned: facts.pinned,
    delivered,
    traceparent: headerText(given.request, 'traceparent'),
    requestId: facts.requestId && secrets.cleanText(facts.requestId),
    sessionId: sessionOf(given.request, sessionHeaders),
    cause: facts.cause,
    reason: facts.reason,
    edits: facts.edits,
    note: facts.note && secrets.cleanText(facts.note),
    serverAddress: facts.serverAddress,
    brokeOff: facts.brokeOff,
  };
}

/** The call as it is kept: read again where a key was cut out of it. */
function reread({ format, route }: RecognisedCall, call: WireCall, sent: Buffer, kept: Buffer): WireCall {
  if (kept === sent) return call;
  return format.readRequest(parseJson(kept.toString('utf8')), {
    ...route,
    model: route.model === undefined ? undefined : call.model,
  });
}

/** A stream may carry a key in pieces, which only the whole answer shows: then the answer is kept written anew, without it. */
function withoutSplitKeys(
  secrets: Secrets,
  { format }: RecognisedCall,
  call: WireCall,
  { contentType, body }: Reply,
  response: Buffer,
): { readonly answer: WireAnswer; readonly response: Buffer } {
  const answer = readAnswerBody(format, contentType, response.toString('utf8'));
  // Of the whole answer: in the cleaned bytes the end of a key that came in pieces may be all that is left of it.
  const whole = body === response ? answer : readAnswerBody(format, contentType, body.toString('utf8'));
  const clean = secrets.cleanText(JSON.stringify(whole.parts));
  if (clean === JSON.stringify(answer.parts)) return { answer, response };
  const kept: WireAnswer = { ...answer, parts: JSON.parse(clean) as readonly WirePart[] };
  const model = answer.model ?? call.model;
  return {
    answer: kept,
    response: Buffer.from(
      isEventStream(contentType)
        ? format.writeStream(kept, model, { includeUsage: answer.usage !== undefined })
        : format.writeAnswer(kept, model),
    ),
  };
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The id of the client's own session that a request belongs to; anything that is not a UUID is none. */
function sessionOf({ headers }: IncomingMessage, names: readonly string[]): string | undefined {
  return names.flatMap((name) => headers[name] ?? []).find((value) => uuid.test(value));
}
