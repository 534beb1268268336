/** Whole nanoseconds since the Unix epoch, as OTLP sends them. Backend only; the window gets milliseconds. */
export type Nanos = bigint & { readonly __unit: 'nanoseconds' };

/** Milliseconds, with a fraction where the source had one. */
export type Millis = number & { readonly __unit: 'milliseconds' };

export const nanos = (value: bigint): Nanos => value as Nanos;

/** Exact to 1 µs: a double holds microseconds since 1970 below 2^53. */
export function nanosToMillis(value: Nanos): Millis {
  const micros = Number(value / 1_000n);
  return (micros / 1_000) as Millis;
}

/** Library id of a run: lower-case hex trace id (32 characters) or, for runs without one, a derived id of the same shape. */
export type RunId = string & { readonly __id: 'run' };
/** Lower-case hex span id (16 characters). */
export type SpanId = string & { readonly __id: 'span' };
/** Lower-case hex trace id (32 characters). */
export type TraceId = string & { readonly __id: 'trace' };

export const runId = (value: string): RunId => value as RunId;
export const spanId = (value: string): SpanId => value as SpanId;
export const traceId = (value: string): TraceId => value as TraceId;

/**
 * Whether a time of a run is one that its file has: a format without times stands its runs before this, in the year 2000, so that they
 * have an order (`ingest/sources/recorded/step-order.ts`). No agent is older. Milliseconds since 1970.
 */
export const isDated = (milliseconds: number): boolean => milliseconds >= 978_307_200_000;
