import { nanos, spanId, traceId } from '../../../shared/model/units.ts';
import type { Nanos, SpanId, TraceId } from '../../../shared/model/units.ts';
import { writeInteger, writeLog, writeResource, writeScope, writeSpan, writeText } from '../telemetry/otlp-message.ts';
import type { WriteValue } from '../telemetry/otlp-message.ts';
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

export function encodeSpan(span: RawSpan, resource: number, scope: number, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(512);
  writeSpan(writer, span, { value: write, defaults: true });
  writeInteger(writer, resourceField, resource);
  writeInteger(writer, scopeField, scope);
  return writer.finish();
}

export function encodeLog(log: RawLog, resource: number, scope: number, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(512);
  writeLog(writer, log, { value: write, defaults: true });
  writeInteger(writer, resourceField, resource);
  writeInteger(writer, scopeField, scope);
  return writer.finish();
}

export function encodeResource(resource: RawResource, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(256);
  writeResource(writer, resource, { value: write, defaults: true });
  writeText(writer, resourceField, resource.schemaUrl);
  return writer.finish();
}

export function encodeScope(scope: RawScope, write: WriteValue): Buffer {
  const writer = new ProtobufWriter(128);
  writeScope(writer, scope, { value: write, defaults: true });
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
