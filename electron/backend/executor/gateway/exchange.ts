import type { Cause } from '../../../../shared/model/cause.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { MatchLevel } from './call-keys.ts';
import type { EditState } from './edit-state.ts';
import type { WireAnswer, WireCall, WireFormat } from './wire.ts';

/** Where an answer came from. `held`: the gateway stopped the agent instead of asking a model. */
export type ServedFrom = 'recording' | 'live' | 'edited' | 'held';

/** The recorded call that an answer was taken from. */
export interface ServedMatch {
  readonly seq: number;
  readonly level: MatchLevel | 'accepted';
  /** Differences that were looked past. */
  readonly ignored: readonly Cause[];
  readonly ambiguous: boolean;
  /** Served before; the client asked again. */
  readonly again: boolean;
}

/** One request of the agent and what it got. Keys are removed from everything in here. */
export interface Exchange {
  /** Position in the run, by arrival. */
  readonly seq: number;
  readonly method: string;
  readonly path: string;
  /** Where it went, where that differs: an edit of the model, which some formats have in the path. */
  readonly sentPath: string | undefined;
  /** Undefined for requests that are no model call: lists of models, token counts. */
  readonly format: WireFormat | undefined;
  readonly startNs: Nanos;
  readonly endNs: Nanos;
  readonly firstByteMs: number | undefined;
  readonly status: number;
  readonly contentType: string | undefined;
  /** What the agent sent. */
  readonly request: Buffer;
  /** What went to the provider, where that differs. */
  readonly outgoing: Buffer | undefined;
  readonly response: Buffer;
  /** What the model saw, and what it said. */
  readonly call: WireCall | undefined;
  readonly answer: WireAnswer | undefined;
  readonly served: ServedFrom;
  readonly match: ServedMatch | undefined;
  /** It is the call that the take was forked at. */
  readonly isFork: boolean;
  readonly pinned: boolean;
  /** The client took the whole answer. */
  readonly delivered: boolean;
  readonly traceparent: string | undefined;
  /** What the provider calls the request, by the header of its live answer: clients report it beside or in place of the answer's own id. */
  readonly requestId?: string | undefined;
  /** The client's own session, where its headers name one: what native forks find its session file by. */
  readonly sessionId?: string | undefined;
  /** By what it left the recording, where it did. */
  readonly cause?: Cause | undefined;
  /** Of a live call of a take: why it was not answered from the recording. */
  readonly reason?: Cause | undefined;
  /** Of a live call of a take: what became of its edits. */
  readonly edits?: readonly EditState[] | undefined;
  /** Why it was held, or what went wrong between here and the provider. */
  readonly note: string | undefined;
  readonly serverAddress: string | undefined;
  /** It was asked for and came to no end: it may be billed all the same. */
  readonly brokeOff?: boolean | undefined;
  /** OpenTelemetry's name of who answered, where it is not whose wire format the agent speaks. */
  readonly provider?: string | undefined;
}
