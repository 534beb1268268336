import { isUtf8 } from 'node:buffer';
import { MalformedProtobuf, wireBytes, wireFixed32, wireFixed64, wireVarint } from '../../../telemetry/protobuf.ts';
import type { ProtobufReader } from '../../../telemetry/protobuf.ts';

export type Signal = 'traces' | 'logs' | 'metrics';

/** Tags of OTLP fields: number and wire type. */
export const bytesField = (number: number): number => number * 8 + wireBytes;
export const varintField = (number: number): number => number * 8 + wireVarint;
export const fixed64Field = (number: number): number => number * 8 + wireFixed64;
export const fixed32Field = (number: number): number => number * 8 + wireFixed32;

/** ResourceSpans.instrumentation_library_spans of OTLP before 0.9 (2021): laid out as scope_spans. */
export const oldScopeList = bytesField(1000);

/** Which signal an envelope (ResourceSpans, ResourceLogs, ResourceMetrics) carries, from its first record; undefined when it has none. */
export function recogniseSignal(reader: ProtobufReader): Signal | undefined {
  try {
    for (const _scope of fieldsOf(reader, bytesField(2), oldScopeList)) {
      for (const _record of fieldsOf(reader, bytesField(2))) return recordSignal(reader) ?? 'traces';
    }
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
  }
  return undefined;
}

/** Stops at each field with one of the tags, the reader narrowed to it. A cut-off field is narrowed to what is there. */
function* fieldsOf(reader: ProtobufReader, ...tags: readonly number[]): Generator<void> {
  while (reader.more()) {
    const tag = reader.tag();
    if (!tags.includes(tag)) {
      reader.skip(tag);
      continue;
    }
    const length = reader.unsigned();
    const outer = reader.end;
    reader.end = Math.min(outer, reader.position + length);
    try {
      yield;
    } finally {
      reader.leave(outer);
    }
  }
}

/** Field 1 is a span's trace id, a log record's fixed64 time or a metric's name; without it the other times and ids tell. */
function recordSignal(reader: ProtobufReader): Signal | undefined {
  try {
    while (reader.more()) {
      const tag = reader.tag();
      switch (tag) {
        case bytesField(1):
          return isText(reader.bytes()) ? 'metrics' : 'traces';
        case fixed64Field(7):
        case fixed64Field(8):
          return 'traces';
        case fixed64Field(1):
        case fixed64Field(11):
          return 'logs';
        case bytesField(7):
          return 'metrics';
        default:
          reader.skip(tag);
      }
    }
  } catch (error) {
    if (!(error instanceof MalformedProtobuf)) throw error;
  }
  return undefined;
}

/** Of random trace ids, one in eight has no control character, but hardly one in a million is UTF-8 as well. */
const isText = (bytes: Buffer): boolean => bytes.length > 0 && isUtf8(bytes) && bytes.every((byte) => byte >= 0x20);

/** Data points of an ExportMetricsServiceRequest; throws MalformedProtobuf. */
export function countDataPoints(reader: ProtobufReader): number {
  const dataFields = [5, 7, 9, 10, 11].map(bytesField);
  let points = 0;
  for (const _resource of fieldsOf(reader, bytesField(1))) {
    for (const _scope of fieldsOf(reader, bytesField(2))) {
      for (const _metric of fieldsOf(reader, bytesField(2))) {
        for (const _data of fieldsOf(reader, ...dataFields)) {
          for (const _point of fieldsOf(reader, bytesField(1))) points++;
        }
      }
    }
  }
  return points;
}
