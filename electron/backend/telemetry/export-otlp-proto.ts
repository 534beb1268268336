import { bytesOf } from './any-value.ts';
import { chain, groupNeighbours } from './export-groups.ts';
import { ProtobufWriter, wireBytes, wireFixed32, wireFixed64, wireVarint } from './protobuf.ts';
import type { RawAttribute, RawLog, RawResource, RawScope, RawSpan, RawValue } from './raw-span.ts';

/** An envelope is closed at this size, so that memory stays constant; readers join envelopes of one resource. */
const envelopeBytes = 1024 * 1024;

/**
 * Spans and logs as OTLP protobuf. Spans alone, or logs alone, are one `TracesData` / `LogsData` message (the bytes of
 * an export request). Both together are size-prefixed messages (varint), because both use field 1 of their message.
 */
export function* encodeOtlpProto(spans: Iterable<RawSpan>, logs: Iterable<RawLog>): Generator<Buffer> {
  const logMessages = envelopes(logs, writeLog);
  const firstLog = logMessages.next();
  if (firstLog.done) {
    yield* envelopes(spans, writeSpan);
    return;
  }
  let spansSeen = false;
  for (const envelope of envelopes(spans, writeSpan)) {
    spansSeen = true;
    yield lengthOf(envelope);
    yield envelope;
  }
  for (const message of chain(firstLog.value, logMessages)) {
    if (spansSeen) yield lengthOf(message);
    yield message;
  }
}

function lengthOf(message: Buffer): Buffer {
  const writer = new ProtobufWriter(10);
  writer.varint(message.length);
  return writer.finish();
}

/** Messages of one envelope each; one after the other they are one message. */
function* envelopes<Item extends { readonly resource: RawResource; readonly scope: RawScope }>(
  items: Iterable<Item>,
  write: (writer: ProtobufWriter, item: Item) => void,
): Generator<Buffer> {
  const writer = new ProtobufWriter(64 * 1024);
  let envelope = -1;
  let scopeList = -1;
  let current: Item | undefined;
  const closeScope = (): void => {
    if (scopeList < 0 || current === undefined) return;
    textField(writer, 3, current.scope.schemaUrl);
    writer.close(scopeList);
    scopeList = -1;
  };
  const close = (): Buffer | undefined => {
    closeScope();
    if (envelope < 0 || current === undefined) return undefined;
    textField(writer, 3, current.resource.schemaUrl);
    writer.close(envelope);
    envelope = -1;
    const message = writer.finish();
    writer.reset();
    return message;
  };
  for (const { item, resourceChanged, scopeChanged } of groupNeighbours(items)) {
    if (resourceChanged || writer.size > envelopeBytes) {
      const message = close();
      if (message !== undefined) yield message;
    } else if (scopeChanged) closeScope();
    if (envelope < 0) {
      writer.tag(1, wireBytes);
      envelope = writer.open();
      writeResource(writer, item.resource);
    }
    if (scopeList < 0) {
      writer.tag(2, wireBytes);
      scopeList = writer.open();
      writeScope(writer, item.scope);
    }
    writer.tag(2, wireBytes);
    const start = writer.open();
    write(writer, item);
    writer.close(start);
    current = item;
  }
  const message = close();
  if (message !== undefined) yield message;
}

function writeResource(writer: ProtobufWriter, resource: RawResource): void {
  writer.tag(1, wireBytes);
  const start = writer.open();
  writeAttributes(writer, 1, resource.attributes);
  countField(writer, 2, resource.droppedAttributes);
  writer.close(start);
}

function writeScope(writer: ProtobufWriter, scope: RawScope): void {
  writer.tag(1, wireBytes);
  const start = writer.open();
  textField(writer, 1, scope.name);
  textField(writer, 2, scope.version);
  writeAttributes(writer, 3, scope.attributes);
  countField(writer, 4, scope.droppedAttributes);
  writer.close(start);
}

function writeSpan(writer: ProtobufWriter, span: RawSpan): void {
  idField(writer, 1, span.traceId);
  idField(writer, 2, span.spanId);
  textField(writer, 3, span.traceState);
  if (span.parentSpanId !== undefined) idField(writer, 4, span.parentSpanId);
  textField(writer, 5, span.name);
  countField(writer, 6, span.kind);
  timeField(writer, 7, span.startNs);
  timeField(writer, 8, span.endNs);
  writeAttributes(writer, 9, span.attributes);
  countField(writer, 10, span.droppedAttributes);
  for (const event of span.events) {
    writer.tag(11, wireBytes);
    const start = writer.open();
    timeField(writer, 1, event.timeNs);
    textField(writer, 2, event.name);
    writeAttributes(writer, 3, event.attributes);
    countField(writer, 4, event.droppedAttributes);
    writer.close(start);
  }
  countField(writer, 12, span.droppedEvents);
  for (const link of span.links) {
    writer.tag(13, wireBytes);
    const start = writer.open();
    idField(writer, 1, link.traceId);
    idField(writer, 2, link.spanId);
    textField(writer, 3, link.traceState);
    writeAttributes(writer, 4, link.attributes);
    countField(writer, 5, link.droppedAttributes);
    flagsField(writer, 6, link.flags);
    writer.close(start);
  }
  countField(writer, 14, span.droppedLinks);
  if (span.statusCode !== 0 || span.statusMessage !== '') {
    writer.tag(15, wireBytes);
    const start = writer.open();
    textField(writer, 2, span.statusMessage);
    countField(writer, 3, span.statusCode);
    writer.close(start);
  }
  flagsField(writer, 16, span.flags);
}

function writeLog(writer: ProtobufWriter, log: RawLog): void {
  timeField(writer, 1, log.timeNs);
  countField(writer, 2, log.severityNumber);
  textField(writer, 3, log.severityText);
  if (log.body !== undefined) writeValue(writer, 5, log.body);
  writeAttributes(writer, 6, log.attributes);
  countField(writer, 7, log.droppedAttributes);
  flagsField(writer, 8, log.flags);
  if (log.traceId !== undefined) idField(writer, 9, log.traceId);
  if (log.spanId !== undefined) idField(writer, 10, log.spanId);
  timeField(writer, 11, log.observedTimeNs);
  textField(writer, 12, log.eventName);
}

function writeAttributes(writer: ProtobufWriter, number: number, attributes: readonly RawAttribute[]): void {
  for (const { key, value } of attributes) {
    writer.tag(number, wireBytes);
    const start = writer.open();
    textField(writer, 1, key);
    writeValue(writer, 2, value);
    writer.close(start);
  }
}

function writeValue(writer: ProtobufWriter, number: number, value: RawValue): void {
  writer.tag(number, wireBytes);
  if (value.form === 'any') {
    writer.bytes(value.bytes);
    return;
  }
  const start = writer.open();
  writer.tag(1, wireBytes);
  writer.bytes(bytesOf(value));
  writer.close(start);
}

function idField(writer: ProtobufWriter, number: number, hex: string): void {
  writer.tag(number, wireBytes);
  writer.bytes(Buffer.from(hex, 'hex'));
}

/** proto3: a field with its default value is not written. */
function textField(writer: ProtobufWriter, number: number, text: string): void {
  if (text === '') return;
  writer.tag(number, wireBytes);
  writer.text(text);
}

function countField(writer: ProtobufWriter, number: number, count: number): void {
  if (count === 0) return;
  writer.tag(number, wireVarint);
  writer.varint(count);
}

function timeField(writer: ProtobufWriter, number: number, time: bigint): void {
  if (time === 0n) return;
  writer.tag(number, wireFixed64);
  writer.fixed64(time);
}

function flagsField(writer: ProtobufWriter, number: number, flags: number): void {
  if (flags === 0) return;
  writer.tag(number, wireFixed32);
  writer.fixed32(flags);
}
