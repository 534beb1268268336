import type { CallKeys } from './call-keys.ts';
import type { WireCall } from './wire.ts';

/** A call of the recording, ready to be matched. */
export interface RecordedCall {
  /** Position in the recording, by arrival. */
  readonly seq: number;
  readonly call: WireCall;
  readonly keys: CallKeys;
  /** Further keys by which it is found: what a client may leave out of its requests. */
  readonly otherKeys?: readonly CallKeys[];
  readonly status: number;
  /** Ids of the tool calls in its answer. */
  readonly toolCallIds: readonly string[];
}

export interface LiveCall {
  readonly call: WireCall;
  readonly keys: CallKeys;
  /** `x-stainless-retry-count` above 0. */
  readonly isRetry: boolean;
}
