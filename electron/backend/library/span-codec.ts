import { nanos, spanId, traceId } from '../../../shared/model/units.ts';
import type { Nanos, SpanId, TraceId } from '../../../shared/model/units.ts';
import {
  ProtobufReader,
  ProtobufWriter,
  wireBytes,
  wireFixed32,
  wireFixed64,
  wireVarint,
} from '../telemetry/protobuf.ts';
import type {
  RawAttribute,
  RawEvent,
  RawLink,
  RawLog,
  RawResource,
  RawScope,
  RawSpan,
  RawValue,
} from '../telemetry/raw-span.ts';

// Stored form of spans and logs: the OTLP protobuf message (trace/v1 Span, logs/v1 LogRecord) with two extra fields for
// the resource and the scope, and attribute values as the value writer encodes them.

/** Writes the value as a length-delimited AnyValue. */
export type WriteValue = (writer: ProtobufWriter, key: string, value: RawValue) => void;
/** A stored AnyValue as it was put. */
export type ReadValue = (stored: Buffer) => RawValue;
export interface Envelopes {
  resource(id: number): RawResource;
  scope(id: number): RawScope;
}

const resourceField = 1_001;
const scopeField = 1_002;
const bytesTag = (field: number): number => field * 8 + wireBytes;
const varintTag = (field: number): number => field * 8 + wireVarint;
const fixed64Tag = (field: number): number => field * 8 + wireFixed64;
const fixed32Tag = (field: number): number => field * 8 + wireFixed32;

function writeAttributes(
  writer: ProtobufWriter,
  field: number,
  attributes: readonly RawAttribute[],
  write: WriteValue,
): void {
  for (const { key, value } of attributes) {
    writer.tag(field, wireBytes);
    const attribute = writer.open();
    writer.tag(1, wireBytes);
    writer.text(key);
    writer.tag(2, wireBytes);
    write(writer, key, value);
    writer.close(attribute);
  }
}

function writeVarint(writer: ProtobufWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, wireVarint);
  writer.int64(value);
}

function writeText(writer: ProtobufWriter, field: number, value: string): void {
  if (value === '') return;
  writer.tag(field, wireBytes);
  writer.text(value);
}

function writeId(writer: ProtobufWriter, field: number, hex: string | undefined): void {
  if (hex === undefined) return;
  writer.tag(field, wireBytes);
  writer.bytes(Buffer.from(hex, 'hex'));
}

function writeTime(writer: ProtobufWriter, field: number, value: Nanos): void {
  writer.tag(field, wireFixed64);
  writer.fixed64(value);
}

function writeFlags(writer: ProtobufWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.tag(field, wireFixed32);
  writer.fixed32(value);
}

export function encodeSpan(span: RawSpan, resource: number, scope: number, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(512);
  writeId(writer, 1, span.traceId);
  writeId(writer, 2, span.spanId);
  writeText(writer, 3, span.traceState);
  writeId(writer, 4, span.parentSpanId);
  writeText(writer, 5, span.name);
  writeVarint(writer, 6, span.kind);
  writeTime(writer, 7, span.startNs);
  writeTime(writer, 8, span.endNs);
  writeAttributes(writer, 9, span.attributes, write);
  writeVarint(writer, 10, span.droppedAttributes);
  for (const event of span.events) {
    writer.tag(11, wireBytes);
    const start = writer.open();
    writeTime(writer, 1, event.timeNs);
    writeText(writer, 2, event.name);
    writeAttributes(writer, 3, event.attributes, write);
    writeVarint(writer, 4, event.droppedAttributes);
    writer.close(start);
  }
  writeVarint(writer, 12, span.droppedEvents);
  for (const link of span.links) {
    writer.tag(13, wireBytes);
    const start = writer.open();
    writeId(writer, 1, link.traceId);
    writeId(writer, 2, link.spanId);
    writeText(writer, 3, link.traceState);
    writeAttributes(writer, 4, link.attributes, write);
    writeVarint(writer, 5, link.droppedAttributes);
    writeFlags(writer, 6, link.flags);
    writer.close(start);
  }
  writeVarint(writer, 14, span.droppedLinks);
  if (span.statusCode !== 0 || span.statusMessage !== '') {
    writer.tag(15, wireBytes);
    const start = writer.open();
    writeText(writer, 2, span.statusMessage);
    writeVarint(writer, 3, span.statusCode);
    writer.close(start);
  }
  writeFlags(writer, 16, span.flags);
  writeVarint(writer, resourceField, resource);
  writeVarint(writer, scopeField, scope);
  return writer.finish();
}

export function encodeLog(log: RawLog, resource: number, scope: number, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(512);
  writeTime(writer, 1, log.timeNs);
  writeVarint(writer, 2, log.severityNumber);
  writeText(writer, 3, log.severityText);
  if (log.body !== undefined) {
    writer.tag(5, wireBytes);
    write(writer, '', log.body);
  }
  writeAttributes(writer, 6, log.attributes, write);
  writeVarint(writer, 7, log.droppedAttributes);
  writeFlags(writer, 8, log.flags);
  writeId(writer, 9, log.traceId);
  writeId(writer, 10, log.spanId);
  writeTime(writer, 11, log.observedTimeNs);
  writeText(writer, 12, log.eventName);
  writeVarint(writer, resourceField, resource);
  writeVarint(writer, scopeField, scope);
  return writer.finish();
}

export function encodeResource(resource: RawResource, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(256);
  writeAttributes(writer, 1, resource.attributes, write);
  writeVarint(writer, 2, resource.droppedAttributes);
  writeText(writer, resourceField, resource.schemaUrl);
  return writer.finish();
}

export function encodeScope(scope: RawScope, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(128);
  writeText(writer, 1, scope.name);
  writeText(writer, 2, scope.version);
  writeAttributes(writer, 3, scope.attributes, write);
  writeVarint(writer, 4, scope.droppedAttributes);
  writeText(writer, scopeField, scope.schemaUrl);
  return writer.finish();
}

/** Reads the fields of a message up to the reader's end: `field` reads each value, or says that it does not know it. */
function readFields(reader: ProtobufReader, field: (tag: number) => boolean): void {
  while (reader.more()) {
    const tag = reader.tag();
    if (!field(tag)) reader.skip(tag);
  }
}

function readNested(reader: ProtobufReader, field: (tag: number) => boolean): void {
  const outer = reader.enter();
  readFields(reader, field);
  reader.leave(outer);
}

/** Enum numbers are int32: out of range ones from foreign input may be negative. */
const readInteger = (reader: ProtobufReader): number => Number(reader.int64());
const readHex = (reader: ProtobufReader): string => reader.bytes().toString('hex');
const readTime = (reader: ProtobufReader): Nanos => nanos(reader.fixed64());

function readAttribute(reader: ProtobufReader, read: ReadValue): RawAttribute {
  let key = '';
  let value: RawValue = { form: 'any', bytes: Buffer.alloc(0) };
  readNested(reader, (tag) => {
    if (tag === bytesTag(1)) key = reader.text();
    else if (tag === bytesTag(2)) value = read(reader.bytes());
    else return false;
    return true;
  });
  return { key, value };
}

function readEvent(reader: ProtobufReader, read: ReadValue): RawEvent {
  let timeNs = nanos(0n);
  let name = '';
  const attributes: RawAttribute[] = [];
  let droppedAttributes = 0;
  readNested(reader, (tag) => {
    if (tag === fixed64Tag(1)) timeNs = readTime(reader);
    else if (tag === bytesTag(2)) name = reader.text();
    else if (tag === bytesTag(3)) attributes.push(readAttribute(reader, read));
    else if (tag === varintTag(4)) droppedAttributes = readInteger(reader);
    else return false;
    return true;
  });
  return { timeNs, name, attributes, droppedAttributes };
}

function readLink(reader: ProtobufReader, read: ReadValue): RawLink {
  const link: { -readonly [K in keyof RawLink]: RawLink[K] } & { attributes: RawAttribute[] } = {
    traceId: traceId(''),
    spanId: spanId(''),
    traceState: '',
    attributes: [],
    droppedAttributes: 0,
    flags: 0,
  };
  readNested(reader, (tag) => {
    if (tag === bytesTag(1)) link.traceId = traceId(readHex(reader));
    else if (tag === bytesTag(2)) link.spanId = spanId(readHex(reader));
    else if (tag === bytesTag(3)) link.traceState = reader.text();
    else if (tag === bytesTag(4)) link.attributes.push(readAttribute(reader, read));
    else if (tag === varintTag(5)) link.droppedAttributes = readInteger(reader);
    else if (tag === fixed32Tag(6)) link.flags = reader.fixed32();
    else return false;
    return true;
  });
  return link;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function decodeSpan(bytes: Buffer, envelopes: Envelopes, read: ReadValue): RawSpan {
  const reader = new ProtobufReader(bytes);
  const attributes: RawAttribute[] = [];
  const events: RawEvent[] = [];
  const links: RawLink[] = [];
  let trace: TraceId = traceId('');
  let span: SpanId = spanId('');
  let resource = 0;
  let scope = 0;
  const rest: Mutable<Omit<RawSpan, 'traceId' | 'spanId' | 'attributes' | 'events' | 'links' | 'resource' | 'scope'>> =
    {
      parentSpanId: undefined,
      traceState: '',
      flags: 0,
      name: '',
      kind: 0,
      startNs: nanos(0n),
      endNs: nanos(0n),
      droppedAttributes: 0,
      droppedEvents: 0,
      droppedLinks: 0,
      statusCode: 0,
      statusMessage: '',
    };
  readFields(reader, (tag) => {
    switch (tag) {
      case bytesTag(1):
        trace = traceId(readHex(reader));
        return true;
      case bytesTag(2):
        span = spanId(readHex(reader));
        return true;
      case bytesTag(3):
        rest.traceState = reader.text();
        return true;
      case bytesTag(4):
        rest.parentSpanId = spanId(readHex(reader));
        return true;
      case bytesTag(5):
        rest.name = reader.text();
        return true;
      case varintTag(6):
        rest.kind = readInteger(reader);
        return true;
      case fixed64Tag(7):
        rest.startNs = readTime(reader);
        return true;
      case fixed64Tag(8):
        rest.endNs = readTime(reader);
        return true;
      case bytesTag(9):
        attributes.push(readAttribute(reader, read));
        return true;
      case varintTag(10):
        rest.droppedAttributes = readInteger(reader);
        return true;
      case bytesTag(11):
        events.push(readEvent(reader, read));
        return true;
      case varintTag(12):
        rest.droppedEvents = readInteger(reader);
        return true;
      case bytesTag(13):
        links.push(readLink(reader, read));
        return true;
      case varintTag(14):
        rest.droppedLinks = readInteger(reader);
        return true;
      case bytesTag(15): {
        readNested(reader, (statusTag) => {
          if (statusTag === bytesTag(2)) rest.statusMessage = reader.text();
          else if (statusTag === varintTag(3)) rest.statusCode = readInteger(reader);
          else return false;
          return true;
        });
        return true;
      }
      case fixed32Tag(16):
        rest.flags = reader.fixed32();
        return true;
      case varintTag(resourceField):
        resource = readInteger(reader);
        return true;
      case varintTag(scopeField):
        scope = readInteger(reader);
        return true;
      default:
        return false;
    }
  });
  return {
    ...rest,
    traceId: trace,
    spanId: span,
    attributes,
    events,
    links,
    resource: envelopes.resource(resource),
    scope: envelopes.scope(scope),
  };
}

export function decodeLog(bytes: Buffer, envelopes: Envelopes, read: ReadValue): RawLog {
  const reader = new ProtobufReader(bytes);
  const attributes: RawAttribute[] = [];
  let resource = 0;
  let scope = 0;
  const rest: Mutable<Omit<RawLog, 'attributes' | 'resource' | 'scope'>> = {
    timeNs: nanos(0n),
    observedTimeNs: nanos(0n),
    severityNumber: 0,
    severityText: '',
    eventName: '',
    body: undefined,
    droppedAttributes: 0,
    flags: 0,
    traceId: undefined,
    spanId: undefined,
  };
  readFields(reader, (tag) => {
    switch (tag) {
      case fixed64Tag(1):
        rest.timeNs = readTime(reader);
        return true;
      case varintTag(2):
        rest.severityNumber = readInteger(reader);
        return true;
      case bytesTag(3):
        rest.severityText = reader.text();
        return true;
      case bytesTag(5):
        rest.body = read(reader.bytes());
        return true;
      case bytesTag(6):
        attributes.push(readAttribute(reader, read));
        return true;
      case varintTag(7):
        rest.droppedAttributes = readInteger(reader);
        return true;
      case fixed32Tag(8):
        rest.flags = reader.fixed32();
        return true;
      case bytesTag(9):
        rest.traceId = traceId(readHex(reader));
        return true;
      case bytesTag(10):
        rest.spanId = spanId(readHex(reader));
        return true;
      case fixed64Tag(11):
        rest.observedTimeNs = readTime(reader);
        return true;
      case bytesTag(12):
        rest.eventName = reader.text();
        return true;
      case varintTag(resourceField):
        resource = readInteger(reader);
        return true;
      case varintTag(scopeField):
        scope = readInteger(reader);
        return true;
      default:
        return false;
    }
  });
  return { ...rest, attributes, resource: envelopes.resource(resource), scope: envelopes.scope(scope) };
}

export function decodeResource(bytes: Buffer, read: ReadValue): RawResource {
  const reader = new ProtobufReader(bytes);
  const attributes: RawAttribute[] = [];
  let droppedAttributes = 0;
  let schemaUrl = '';
  readFields(reader, (tag) => {
    if (tag === bytesTag(1)) attributes.push(readAttribute(reader, read));
    else if (tag === varintTag(2)) droppedAttributes = readInteger(reader);
    else if (tag === bytesTag(resourceField)) schemaUrl = reader.text();
    else return false;
    return true;
  });
  return { attributes, droppedAttributes, schemaUrl };
}

export function decodeScope(bytes: Buffer, read: ReadValue): RawScope {
  const reader = new ProtobufReader(bytes);
  const attributes: RawAttribute[] = [];
  let name = '';
  let version = '';
  let droppedAttributes = 0;
  let schemaUrl = '';
  readFields(reader, (tag) => {
    if (tag === bytesTag(1)) name = reader.text();
    else if (tag === bytesTag(2)) version = reader.text();
    else if (tag === bytesTag(3)) attributes.push(readAttribute(reader, read));
    else if (tag === varintTag(4)) droppedAttributes = readInteger(reader);
    else if (tag === bytesTag(scopeField)) schemaUrl = reader.text();
    else return false;
    return true;
  });
  return { name, version, attributes, droppedAttributes, schemaUrl };
}
