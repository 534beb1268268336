import type { CallKeys } from './call-keys.ts';
import type { WireAnswer, WireCall } from './wire.ts';

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
  /** What was answered. */
  readonly answer: WireAnswer;
  /** When it was asked and answered, in milliseconds since 1970; undefined where that is not known. */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
}

export interface LiveCall {
  readonly call: WireCall;
  readonly keys: CallKeys;
  /** `x-stainless-retry-count` above 0. */
  readonly isRetry: boolean;
  /** When it came, in milliseconds since 1970. */
  readonly atMs?: number | undefined;
}

/** Of an answer, the ids of the tool calls that the client runs and sends back. */
export function toolCallIdsOf({ parts }: WireAnswer): readonly string[] {
  return parts.flatMap((part) => (part.type === 'tool_call' && part.server !== true ? (part.id ?? []) : []));
}

/** A call of a recording with what is made of it: its keys by the maker that live requests are read with, and the ids of its answer. */
export function recordedCall(
  given: Omit<RecordedCall, 'keys' | 'toolCallIds' | 'otherKeys'>,
  keys: { keysOf(call: WireCall): CallKeys },
): RecordedCall {
  return { ...given, keys: keys.keysOf(given.call), toolCallIds: toolCallIdsOf(given.answer) };
}
