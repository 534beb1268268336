import type { Cause } from '../../../../../shared/model/cause.ts';
import { isRecord, parseJson } from '../../../base/json-values.ts';
import { isFree } from '../auxiliary-requests.ts';
import type { CrossTarget } from '../cross-wire.ts';
import type { EditState } from '../edit-state.ts';
import { targetOf } from '../upstreams.ts';
import type { WireCall, WireFormat } from '../wire.ts';
import { firstFacts } from './call.ts';
import type { Answered, CallFacts, GivenCall } from './call.ts';
import type { LiveOptions } from './live-options.ts';
import { askOtherProvider } from './other-provider.ts';
import { outgoingCall } from './outgoing.ts';
import type { Outgoing } from './outgoing.ts';
import { refused } from './replies.ts';
import { askUpstream } from './upstream-call.ts';

export interface LiveCall extends Outgoing {
  readonly pinned: boolean;
  readonly isFork: boolean;
  /** By what it left the recording, where that is why it goes live; and the same for a reader of the call. */
  readonly cause?: Cause | undefined;
  readonly note?: string | undefined;
  readonly reason?: Cause | undefined;
  readonly edits?: readonly EditState[] | undefined;
  /** Another provider than the agent's own. */
  readonly target?: CrossTarget | undefined;
}

/** Asks a provider, once nobody holds the call. `stopped`: the run ends. */
export async function goLive(
  call: GivenCall,
  live: LiveCall,
  options: LiveOptions,
  stopped: AbortSignal,
): Promise<Answered> {
  const { path, note, cause } = live;
  const facts = { ...firstFacts(call), isFork: live.isFork, note, cause, reason: live.reason, edits: live.edits };
  const { text, message } = await heldBack(call, live, options);
  if (message !== undefined) return refused(call, facts, message);
  if (call.given.response.destroyed) return leftWhileHeld(facts);
  const asked = live.target ? text : withQuestion(call, path, text, options);
  const outgoing = outgoingCall(call, { ...facts, pinned: live.pinned }, { path, text: asked }, options.secrets);
  return live.target && text !== undefined
    ? askOtherProvider(call, { ...outgoing, path, target: live.target }, options, stopped)
    : askUpstream(call, { ...outgoing, path }, options, stopped);
}

/** The request with the question why the cache was lost, where its provider is asked. */
function withQuestion(
  { given, recognised }: GivenCall,
  path: string,
  text: string | undefined,
  { cacheQuestions, upstreams }: LiveOptions,
): string | undefined {
  const call = text === undefined ? undefined : readText(recognised?.format, path, text);
  return text === undefined || call === undefined || recognised === undefined || cacheQuestions === undefined
    ? text
    : cacheQuestions.ask({
        format: recognised.format,
        call,
        text,
        hostname: targetOf(upstreams, given.prefix, path).hostname,
      });
}

/** Waits while the call is held; a person may write another request meanwhile. `message`: why it must not go out. */
async function heldBack(
  { given, seq, recognised, kept }: GivenCall,
  { path, text, target }: LiveCall,
  { beforeLive, askedTools, upstreams, addressOf }: LiveOptions,
): Promise<{ readonly text: string | undefined; readonly message: string | undefined }> {
  if (text === undefined)
    return {
      text,
      message: isFree(given.request.method ?? 'GET', path) ? undefined : await beforeLive({ seq, request: '' }),
    };
  let now = text;
  const message = await beforeLive({
    seq,
    request: text,
    own: kept,
    askedTools,
    read() {
      const call = readText(recognised?.format, path, text);
      return call && target ? { ...call, model: target.model } : call;
    },
    isGone: () => given.response.destroyed,
    replace(other) {
      now = other;
    },
    to: target
      ? (addressOf?.(target) ?? { provider: target.provider, serverAddress: undefined })
      : {
          provider: recognised?.format.provider,
          serverAddress: targetOf(upstreams, given.prefix, path).hostname,
        },
  });
  return { text: now, message };
}

/** The agent gave its call up while somebody decided about it. */
export function leftWhileHeld(facts: CallFacts): Answered {
  return {
    facts: {
      ...facts,
      note: `${facts.note === undefined ? '' : `${facts.note} `}The agent closed the connection while its call was held; nothing was sent.`,
    },
    reply: { served: 'held', status: 499, contentType: undefined, body: Buffer.alloc(0) },
    isSent: true,
  };
}

/** A request as it goes out, read as what it asks. */
function readText(format: WireFormat | undefined, path: string, text: string): WireCall | undefined {
  const route = format?.recognise(path.replace(/\?.*$/s, ''));
  const json = parseJson(text);
  return format && route && isRecord(json) ? format.readRequest(json, route) : undefined;
}
