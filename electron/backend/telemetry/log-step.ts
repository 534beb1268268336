import { spanId } from '../../../shared/model/units.ts';
import type { SpanId } from '../../../shared/model/units.ts';

// A step made of log records has no span. Where steps are told apart by the span they came from, it goes by its first record: by an
// id that no exporter's random ids are likely to hit, and by a sequence number below zero, where spans have theirs from zero on.

const prefix = 'ffffff';
const digits = 16 - prefix.length;

/** `log`: the record's id in the library, from 1. */
export function logStepSpanId(log: number): SpanId {
  return spanId(prefix + log.toString(16).padStart(digits, '0'));
}

export function logStepSeq(log: number): number {
  return -log;
}

export function isLogStepSeq(seq: number): boolean {
  return seq < 0;
}

/** Back from `logStepSpanId`; undefined for a span's own id. */
export function seqOfLogStep(id: string): number | undefined {
  return id.startsWith(prefix) ? logStepSeq(Number.parseInt(id.slice(prefix.length), 16)) : undefined;
}

export function spanIdOfLogStep(seq: number): SpanId {
  return logStepSpanId(-seq);
}

/** Steps made of logs come after the spans of their run, in order of arrival among themselves. */
export function arrivalOfSeq(seq: number): number {
  return isLogStepSeq(seq) ? 2 ** 40 - seq : seq;
}
