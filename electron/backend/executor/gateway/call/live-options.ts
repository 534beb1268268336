import type { Secrets } from '../../../base/secrets.ts';
import type { CacheQuestions } from '../cache-questions.ts';
import type { AskProvider, CrossTarget } from '../cross-wire.ts';
import type { AskedTools } from '../request-facts.ts';
import type { Upstreams } from '../upstreams.ts';
import type { WireCall } from '../wire.ts';
import type { TellProgress } from './progress.ts';

/** A call that is about to be answered, as whoever may hold it sees it. */
export interface HeldCall {
  readonly seq: number;
  /** As it would go out, JSON text without keys; empty for what is no model call. */
  readonly request: string;
  /** As the agent sent it: a client that gave up waiting sends the same again. Absent for what is no model call. */
  readonly own?: string;
  /** What it asks; undefined for what is no model call, or none that can be read. Read anew each time. */
  readonly read?: () => WireCall | undefined;
  readonly askedTools?: AskedTools | undefined;
  /** The agent has closed its connection. */
  readonly isGone?: () => boolean;
  /** Where given, another request may go out in its place: called before the answer resolves. */
  readonly replace?: (request: string) => void;
  /** Whom it goes to. */
  readonly to?: { readonly provider: string | undefined; readonly serverAddress: string | undefined };
  /** Nobody is asked for the answer. */
  readonly isFree?: boolean;
}

/** What a call needs that goes to a provider. */
export interface LiveOptions {
  readonly upstreams: Upstreams;
  readonly secrets: Secrets;
  /** Waited for before a call goes to a provider or gets a hand-written answer; a text is the reason why it must not. */
  readonly beforeLive: (call: HeldCall) => Promise<string | undefined>;
  /** Tool calls of answers that were given in this run. */
  readonly askedTools?: AskedTools | undefined;
  /** Other providers than the agent's own, for an edit that says so. */
  readonly askProvider?: AskProvider | undefined;
  /** Where that provider is asked. */
  readonly addressOf?: ((target: CrossTarget) => NonNullable<HeldCall['to']>) | undefined;
  /** Asks providers why their cache was lost. */
  readonly cacheQuestions?: CacheQuestions | undefined;
  readonly onProgress?: TellProgress;
}
