import type { Nanos } from '../../../shared/model/units.ts';
import { wireBytes, wireFixed32, wireFixed64, wireVarint } from './protobuf.ts';
import type { ProtobufWriter } from './protobuf.ts';
import type { RawAttribute, RawLog, RawResource, RawScope, RawSpan, RawValue } from './raw-span.ts';

// The fields of OTLP's messages (trace/v1 Span, logs/v1 LogRecord, resource/v1 Resource, common/v1 InstrumentationScope), as the
// library stores them and as an export writes them.

/** Writes the value as a length-delimited AnyValue; its tag stands already. */
export type WriteValue = (writer: ProtobufWriter, key: string, value: RawValue) => void;

export interface MessageStyle {
  readonly value: WriteValue;
  /** Whether empty keys and times of 0 are written, as the library does. In proto3 a field with its default value is left out. */
  readonly defaults: boolean;
}

export function writeSpan(writer: ProtobufWriter, span: RawSpan, style: MessageStyle): void {
  writeId(writer, 1, span.traceId);
  writeId(writer, 2, span.spanId);
  writeText(writer, 3, span.traceState);
  writeId(writer, 4, span.parentSpanId);
  writeText(writer, 5, span.name);
  writeInteger(writer, 6, span.kind);
  writeTime(writer, 7, span.startNs, style);
  writeTime(writer, 8, span.endNs, style);
  writeAttributes(writer, 9, span.attributes, style);
  writeInteger(writer, 10, span.droppedAttributes);
  for (const event of span.events) {
    writer.tag(11, wireBytes);
    const start = writer.open();
    writeTime(writer, 1, event.timeNs, style);
    writeText(writer, 2, event.name);
    writeAttributes(writer, 3, event.attributes, style);
    writeInteger(writer, 4, event.droppedAttributes);
    writer.close(start);
  }
  writeInteger(writer, 12, span.droppedEvents);
  for (const link of span.links) {
    writer.tag(13, wireBytes);
    const start = writer.open();
    writeId(writer, 1, link.traceId);
    writeId(writer, 2, link.spanId);
    writeText(writer, 3, link.traceState);
    writeAttributes(writer, 4, link.attributes, style);
    writeInteger(writer, 5, link.droppedAttributes);
    writeFlags(writer, 6, link.flags);
    writer.close(start);
  }
  writeInteger(writer, 14, span.droppedLinks);
  if (span.statusCode !== 0 || span.statusMessage !== '') {
    writer.tag(15, wireBytes);
    const start = writer.open();
    writeText(writer, 2, span.statusMessage);
    writeInteger(writer, 3, span.statusCode);
    writer.close(start);
  }
  writeFlags(writer, 16, span.flags);
}

export function writeLog(writer: ProtobufWriter, log: RawLog, style: MessageStyle): void {
  writeTime(writer, 1, log.timeNs, style);
  writeInteger(writer, 2, log.severityNumber);
  writeText(writer, 3, log.severityText);
  if (log.body !== undefined) {
    writer.tag(5, wireBytes);
    style.value(writer, '', log.body);
  }
  writeAttributes(writer, 6, log.attributes, style);
  writeInteger(writer, 7, log.droppedAttributes);
  writeFlags(writer, 8, log.flags);
  writeId(writer, 9, log.traceId);
  writeId(writer, 10, log.spanId);
  writeTime(writer, 11, log.observedTimeNs, style);
  writeText(writer, 12, log.eventName);
}

export function writeResource(writer: ProtobufWriter, resource: RawResource, style: MessageStyle): void {
  writeAttributes(writer, 1, resource.attributes, style);
  writeInteger(writer, 2, resource.droppedAttributes);
}

export function writeScope(writer: ProtobufWriter, scope: RawScope, style: MessageStyle): void {
  writeText(writer, 1, scope.name);
  writeText(writer, 2, scope.version);
  writeAttributes(writer, 3, scope.attributes, style);
  writeInteger(writer, 4, scope.droppedAttributes);
}

function writeAttributes(
  writer: ProtobufWriter,
  field: number,
  attributes: readonly RawAttribute[],
  { value: write, defaults }: MessageStyle,
): void {
  for (const { key, value } of attributes) {
    writer.tag(field, wireBytes);
    const attribute = writer.open();
    if (defaults || key !== '') {
      writer.tag(1, wireBytes);
      writer.text(key);
    }
    writer.tag(2, wireBytes);
    write(writer, key, value);
    writer.close(attribute);
  }
}

/** Not where it is 0. Enum numbers are int32: out of range ones from foreign input may be negative. */
export function writeInteger(writer: ProtobufWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, wireVarint);
  writer.int64(value);
}

/** Not where it is empty. */
export function writeText(writer: ProtobufWriter, field: number, value: string): void {
  if (value === '') return;
  writer.tag(field, wireBytes);
  writer.text(value);
}

function writeId(writer: ProtobufWriter, field: number, hex: string | undefined): void {
  if (hex === undefined) return;
  writer.tag(field, wireBytes);
  writer.bytes(Buffer.from(hex, 'hex'));
}

function writeTime(writer: ProtobufWriter, field: number, value: Nanos, { defaults }: MessageStyle): void {
  if (!defaults && value === 0n) return;
  writer.tag(field, wireFixed64);
  writer.fixed64(value);
}

function writeFlags(writer: ProtobufWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, wireFixed32);
  writer.fixed32(value);
}
