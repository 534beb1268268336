import { anyArray, anyBool, anyBytes, anyDouble, anyInt, anyMap, anyString, bytesOf } from './any-value.ts';
import { chain, groupNeighbours } from './export-groups.ts';
import type { Grouped } from './export-groups.ts';
import { isJsonText } from './json-text.ts';
import { ProtobufReader, wireBytes } from './protobuf.ts';
import type { RawAttribute, RawLog, RawResource, RawScope, RawSpan, RawValue, TextRange } from './raw-span.ts';

const flushBytes = 256 * 1024;

/** UTF-8 text in one growing buffer: long values are copied as bytes, without becoming JavaScript strings. */
class TextBuffer {
  private buffer = Buffer.allocUnsafe(flushBytes * 2);
  size = 0;

  add(text: string): void {
    // A UTF-16 unit takes at most 3 bytes.
    this.reserve(text.length * 3);
    this.size += this.buffer.write(text, this.size, 'utf8');
  }

  addBytes(source: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    this.size += source.copy(this.buffer, this.size, start, end);
  }

  take(): Buffer {
    const taken = Buffer.from(this.buffer.subarray(0, this.size));
    this.size = 0;
    return taken;
  }

  private reserve(count: number): void {
    if (this.size + count <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.size + count, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.size);
    this.buffer = grown;
  }
}

/**
 * Spans and logs as one OTLP JSON object with `resourceSpans` and, where there are logs, `resourceLogs`.
 * A string that came from JSON is written with the escapes it came with.
 */
export function* encodeOtlpJson(spans: Iterable<RawSpan>, logs: Iterable<RawLog>): Generator<Buffer> {
  const out = new TextBuffer();
  out.add('{"resourceSpans":[');
  yield* envelopes(out, spans, 'scopeSpans', 'spans', addSpan);
  out.add(']');
  const groups = groupNeighbours(logs);
  const first = groups.next();
  if (!first.done) {
    out.add(',"resourceLogs":[');
    yield* envelopes(out, undefined, 'scopeLogs', 'logRecords', addLog, chain(first.value, groups));
    out.add(']');
  }
  out.add('}\n');
  yield out.take();
}

/** One span as a complete OTLP JSON object, with its resource and scope: what is shown can be imported again. */
export function spanToJson(span: RawSpan): string {
  return Buffer.concat([...encodeOtlpJson([span], [])])
    .toString('utf8')
    .trimEnd();
}

function* envelopes<Item extends { readonly resource: RawResource; readonly scope: RawScope }>(
  out: TextBuffer,
  items: Iterable<Item> | undefined,
  scopeKey: string,
  listKey: string,
  add: (out: TextBuffer, item: Item) => void,
  grouped?: Iterable<Grouped<Item>>,
): Generator<Buffer> {
  let previous: Item | undefined;
  const endScope = (item: Item): void => out.add(`]${schemaUrl(item.scope.schemaUrl)}}`);
  const endResource = (item: Item): void => out.add(`]${schemaUrl(item.resource.schemaUrl)}}`);
  for (const { item, resourceChanged, scopeChanged } of grouped ?? groupNeighbours(items ?? [])) {
    if (previous !== undefined) {
      if (scopeChanged) endScope(previous);
      if (resourceChanged) endResource(previous);
      out.add(',');
    }
    if (resourceChanged) {
      out.add('{"resource":{');
      addList(out, 'attributes', item.resource.attributes, addAttribute);
      addCount(out, 'droppedAttributesCount', item.resource.droppedAttributes);
      out.add(`},"${scopeKey}":[`);
    }
    if (scopeChanged) {
      out.add(`{"scope":{"name":${JSON.stringify(item.scope.name)},"version":${JSON.stringify(item.scope.version)}`);
      if (item.scope.attributes.length > 0) {
        out.add(',');
        addList(out, 'attributes', item.scope.attributes, addAttribute);
      }
      addCount(out, 'droppedAttributesCount', item.scope.droppedAttributes);
      out.add(`},"${listKey}":[`);
    }
    add(out, item);
    previous = item;
    if (out.size > flushBytes) yield out.take();
  }
  if (previous === undefined) return;
  endScope(previous);
  endResource(previous);
}

const schemaUrl = (url: string): string => (url === '' ? '' : `,"schemaUrl":${JSON.stringify(url)}`);

function addSpan(out: TextBuffer, span: RawSpan): void {
  out.add(`{"traceId":"${span.traceId}","spanId":"${span.spanId}"`);
  addText(out, 'traceState', span.traceState);
  if (span.parentSpanId !== undefined) addText(out, 'parentSpanId', span.parentSpanId);
  addCount(out, 'flags', span.flags);
  out.add(
    `,"name":${JSON.stringify(span.name)},"kind":${span.kind},"startTimeUnixNano":"${span.startNs}","endTimeUnixNano":"${span.endNs}",`,
  );
  addList(out, 'attributes', span.attributes, addAttribute);
  addCount(out, 'droppedAttributesCount', span.droppedAttributes);
  if (span.events.length > 0) {
    out.add(',');
    addList(out, 'events', span.events, (_out, event) => {
      out.add(`{"timeUnixNano":"${event.timeNs}","name":${JSON.stringify(event.name)},`);
      addList(out, 'attributes', event.attributes, addAttribute);
      addCount(out, 'droppedAttributesCount', event.droppedAttributes);
      out.add('}');
    });
  }
  addCount(out, 'droppedEventsCount', span.droppedEvents);
  if (span.links.length > 0) {
    out.add(',');
    addList(out, 'links', span.links, (_out, link) => {
      out.add(`{"traceId":"${link.traceId}","spanId":"${link.spanId}"`);
      addText(out, 'traceState', link.traceState);
      out.add(',');
      addList(out, 'attributes', link.attributes, addAttribute);
      addCount(out, 'droppedAttributesCount', link.droppedAttributes);
      addCount(out, 'flags', link.flags);
      out.add('}');
    });
  }
  addCount(out, 'droppedLinksCount', span.droppedLinks);
  const status = [
    span.statusCode === 0 ? '' : `"code":${span.statusCode}`,
    span.statusMessage === '' ? '' : `"message":${JSON.stringify(span.statusMessage)}`,
  ];
  out.add(`,"status":{${status.filter((part) => part !== '').join(',')}}}`);
}

function addLog(out: TextBuffer, log: RawLog): void {
  out.add(`{"timeUnixNano":"${log.timeNs}","observedTimeUnixNano":"${log.observedTimeNs}"`);
  addCount(out, 'severityNumber', log.severityNumber);
  addText(out, 'severityText', log.severityText);
  addText(out, 'eventName', log.eventName);
  if (log.body !== undefined) {
    out.add(',"body":');
    addRawValue(out, log.body);
  }
  out.add(',');
  addList(out, 'attributes', log.attributes, addAttribute);
  addCount(out, 'droppedAttributesCount', log.droppedAttributes);
  addCount(out, 'flags', log.flags);
  if (log.traceId !== undefined) addText(out, 'traceId', log.traceId);
  if (log.spanId !== undefined) addText(out, 'spanId', log.spanId);
  out.add('}');
}

function addList<Item>(
  out: TextBuffer,
  key: string,
  items: readonly Item[],
  add: (out: TextBuffer, item: Item) => void,
): void {
  out.add(`"${key}":[`);
  items.forEach((item, index) => {
    if (index > 0) out.add(',');
    add(out, item);
  });
  out.add(']');
}

function addAttribute(out: TextBuffer, attribute: RawAttribute): void {
  out.add(`{"key":${JSON.stringify(attribute.key)},"value":`);
  addRawValue(out, attribute.value);
  out.add('}');
}

function addRawValue(out: TextBuffer, value: RawValue): void {
  if (value.form === 'any') {
    addAnyValue(out, new ProtobufReader(value.bytes));
    return;
  }
  out.add('{"stringValue":');
  addRange(out, value);
  out.add('}');
}

/** JSON must be valid whatever came in: bytes that are not a proper JSON string inside are decoded and escaped anew. */
function addRange(out: TextBuffer, range: TextRange): void {
  if (!range.escaped || !isJsonText(range.buffer, range.start, range.end)) {
    out.add(JSON.stringify(bytesOf(range).toString('utf8')));
    return;
  }
  out.add('"');
  out.addBytes(range.buffer, range.start, range.end);
  out.add('"');
}

/** Written from the bytes and not from decoded values, which no longer tell 5 from 5.0 and hold a repeated key once. */
function addAnyValue(out: TextBuffer, reader: ProtobufReader): void {
  const { position: start, end } = reader;
  let last = -1;
  while (reader.more()) {
    const at = reader.position;
    const tag = reader.tag();
    // oneof: the last one set wins.
    if (
      tag === anyString ||
      tag === anyBool ||
      tag === anyInt ||
      tag === anyDouble ||
      tag === anyArray ||
      tag === anyMap ||
      tag === anyBytes
    )
      last = at;
    reader.skip(tag);
  }
  if (last < start) {
    out.add('{}');
    return;
  }
  reader.position = last;
  switch (reader.tag()) {
    case anyString:
      out.add(`{"stringValue":${JSON.stringify(reader.text())}}`);
      break;
    case anyBool:
      out.add(`{"boolValue":${reader.unsigned() !== 0}}`);
      break;
    case anyInt:
      out.add(`{"intValue":"${reader.int64()}"}`);
      break;
    case anyDouble:
      out.add(`{"doubleValue":${doubleText(reader.double())}}`);
      break;
    case anyArray:
      out.add('{"arrayValue":{"values":[');
      addItems(out, reader, addAnyValue);
      out.add(']}}');
      break;
    case anyMap:
      out.add('{"kvlistValue":{"values":[');
      addItems(out, reader, addKeyValue);
      out.add(']}}');
      break;
    default:
      out.add(`{"bytesValue":"${reader.bytes().toString('base64')}"}`);
  }
  reader.position = end;
}

/** Each element of the ArrayValue or KeyValueList that begins here (both: repeated field 1). */
function addItems(
  out: TextBuffer,
  reader: ProtobufReader,
  add: (out: TextBuffer, reader: ProtobufReader) => void,
): void {
  const outer = reader.enter();
  let first = true;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== 1 * 8 + wireBytes) {
      reader.skip(tag);
      continue;
    }
    if (!first) out.add(',');
    first = false;
    const list = reader.enter();
    add(out, reader);
    reader.leave(list);
  }
  reader.leave(outer);
}

function addKeyValue(out: TextBuffer, reader: ProtobufReader): void {
  let key = '';
  let valueAt = -1;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === 1 * 8 + wireBytes) key = reader.text();
    else {
      if (tag === 2 * 8 + wireBytes) valueAt = reader.position;
      reader.skip(tag);
    }
  }
  out.add(`{"key":${JSON.stringify(key)},"value":`);
  if (valueAt < 0) out.add('{}');
  else {
    reader.position = valueAt;
    const outer = reader.enter();
    addAnyValue(out, reader);
    reader.leave(outer);
  }
  out.add('}');
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function addText(out: TextBuffer, key: string, text: string): void {
  if (text !== '') out.add(`,"${key}":${JSON.stringify(text)}`);
}

function addCount(out: TextBuffer, key: string, count: number): void {
  if (count !== 0) out.add(`,"${key}":${count}`);
}
