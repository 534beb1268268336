import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cause } from '../../../../../shared/model/cause.ts';
import type { Nanos } from '../../../../../shared/model/units.ts';
import { isRecord, parseJson } from '../../../base/json-values.ts';
import type { Secrets } from '../../../base/secrets.ts';
import type { CrossReply, CrossTarget } from '../cross-wire.ts';
import type { EditState } from '../edit-state.ts';
import type { ServedFrom, ServedMatch } from '../exchange.ts';
import type { ProviderPrefix } from '../upstreams.ts';
import { recogniseCall } from '../wire-formats.ts';
import type { RecognisedCall } from '../wire-formats.ts';
import type { WireCall, WireFormat } from '../wire.ts';

/** A request of the agent, its body read. */
export interface GivenRequest {
  readonly prefix: ProviderPrefix;
  /** Path and query below the prefix, as the client wrote them. */
  readonly path: string;
  readonly request: IncomingMessage;
  readonly body: Buffer;
  readonly response: ServerResponse;
}

/** A request as the gateway reads it. Nothing of it changes on the way to its answer: what becomes of it are its facts. */
export interface GivenCall {
  readonly given: GivenRequest;
  /** Position in the run, by arrival. */
  readonly seq: number;
  /** With the prefix, without the query: as it is kept. */
  readonly path: string;
  /** The wire format that it speaks; undefined for what is no model call. */
  readonly recognised: RecognisedCall | undefined;
  /** What it asks a model, as it is kept; undefined for what is no model call, or none that can be read. */
  readonly asked: WireCall | undefined;
  /** The body as it is kept: a key in a prompt stands in it as its mark, and is told to nobody. Empty for what is no model call. */
  readonly kept: string;
  readonly startNs: Nanos;
  /** Since it came. */
  elapsedMs(): number;
}

/** What becomes of a call between its request and its answer. */
export interface CallFacts {
  /** As it goes out. */
  readonly call: WireCall | undefined;
  /** It is the call that the take was forked at. */
  readonly isFork: boolean;
  readonly pinned: boolean;
  /** The body that went out, where it is not the agent's own. */
  readonly outgoing?: Buffer | undefined;
  /** Where it went, where that is not where the agent sent it. */
  readonly sentPath?: string | undefined;
  readonly match?: ServedMatch | undefined;
  readonly serverAddress?: string | undefined;
  readonly requestId?: string | undefined;
  readonly firstByteMs?: number | undefined;
  /** By what it left the recording. */
  readonly cause?: Cause | undefined;
  /** Why it was not answered from the recording, and what became of the take's edits in it. */
  readonly reason?: Cause | undefined;
  readonly edits?: readonly EditState[] | undefined;
  readonly note?: string | undefined;
  /** It was asked for and came to no end: the agent left, the run was stopped, the connection broke. It may be billed all the same. */
  readonly brokeOff?: boolean | undefined;
  /** What another provider than the agent's own said. */
  readonly other?: { readonly target: CrossTarget; readonly reply: CrossReply } | undefined;
}

/** An answer as the agent gets it. */
export interface Reply {
  readonly served: ServedFrom;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** A call at its end. */
export interface Answered {
  readonly facts: CallFacts;
  readonly reply: Reply;
  /** The agent has it already, as far as it is still there. Otherwise it is still to be written. */
  readonly isSent: boolean;
  /** To be called when the agent has taken all of it. */
  readonly delivered?: () => void;
}

/** Reads a request; its keys are learnt first, so that nothing that is kept of it holds them. */
export function readCall(
  given: GivenRequest,
  seq: number,
  {
    secrets,
    now,
    formats,
  }: { readonly secrets: Secrets; readonly now: () => Nanos; readonly formats?: readonly WireFormat[] },
): GivenCall {
  const { prefix, request, body } = given;
  const [pathname = '/', query = ''] = given.path.split(/\?(.*)/s);
  secrets.learn(request.headers, new URLSearchParams(query));
  const recognised = recogniseCall(request.method ?? 'GET', pathname, formats);
  const kept = recognised ? secrets.clean(body).toString('utf8') : '';
  const json = recognised && parseJson(kept);
  const asked = recognised && isRecord(json) ? recognised.format.readRequest(json, recognised.route) : undefined;
  const startNs = now();
  const startedMs = performance.now();
  return {
    given,
    seq,
    path: `/${prefix}${pathname}`,
    recognised,
    asked,
    kept,
    startNs,
    elapsedMs: () => performance.now() - startedMs,
  };
}

/** What is known of a call before anything was decided. */
export function firstFacts({ asked }: GivenCall): CallFacts {
  return { call: asked, isFork: false, pinned: false };
}

/** The text of a header that is given once. */
export function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
