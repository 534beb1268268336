import type { Nanos, SpanId, TraceId } from '../../../shared/model/units.ts';

/** A decoded attribute value. Key-value lists become Maps: a trace's keys never become object keys. int64 outside ±2^53 is a bigint. */
export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>
  | undefined;

/** Read access to attributes; values are decoded on first use and remembered. The last of duplicate keys wins. */
export interface AttributeReader {
  readonly size: number;
  has(key: string): boolean;
  get(key: string): AttributeValue;
  /** The value as a string: strings as they are, numbers and booleans printed; undefined for anything else, absent or empty string. */
  text(key: string): string | undefined;
  /** A finite number, also from a numeric string; undefined otherwise. */
  number(key: string): number | undefined;
  boolean(key: string): boolean | undefined;
  /** The value as JSON data: a string is parsed as JSON (longest valid prefix is not attempted here), structured values are converted. undefined if it is not JSON. */
  json(key: string): unknown;
  keys(): Iterable<string>;
  /** Keys that begin with the prefix. */
  keysWithPrefix(prefix: string): readonly string[];
}

export interface EventView {
  readonly timeNs: Nanos;
  readonly name: string;
  readonly attributes: AttributeReader;
}

export interface LogView {
  readonly timeNs: Nanos;
  /** LogRecord.event_name, else attribute `event.name`, else a body string matching ^gen_ai\. (FACTS.md, GenAI conventions). */
  readonly eventName: string | undefined;
  readonly body: AttributeValue;
  readonly attributes: AttributeReader;
}

/** One span as conventions read it: attributes, events and the log records that carry its ids. */
export interface SpanView {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | undefined;
  readonly parentRemote: boolean;
  readonly name: string;
  readonly kind: number;
  readonly startNs: Nanos;
  readonly endNs: Nanos;
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly droppedAttributes: number;
  readonly attributes: AttributeReader;
  readonly events: readonly EventView[];
  readonly links: readonly {
    readonly traceId: TraceId;
    readonly spanId: SpanId;
    readonly attributes: AttributeReader;
  }[];
  readonly logs: readonly LogView[];
  readonly scopeName: string;
  readonly scopeVersion: string;
  readonly resource: AttributeReader;
}
