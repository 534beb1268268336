import { nanos, type Nanos } from '../../../../shared/model/units.ts';
import { anyArray, anyBool, anyBytes, anyDouble, anyInt, anyMap, anyString, emptyValue } from '../../telemetry/any-value.ts';
import { ProtobufWriter, wireBytes } from '../../telemetry/protobuf.ts';
import { maximumDepth, type RawAttribute, type RawEvent, type RawLink, type RawLog, type RawResource, type RawScope, type RawSpan, type RawValue, type TextRange } from '../../telemetry/raw-span.ts';
import { asSpanId, asTraceId, idFromText, linkSpanId, linkTraceId } from './ids.ts';
import { ItemBudget } from './item-budget.ts';
import type { JsonScanner } from './json-scanner.ts';
import { RefusedItem } from './malformed.ts';

const openBrace = 0x7b;
const openBracket = 0x5b;
const quote = 0x22;
const listItem = 1 * 8 + wireBytes;
const keyField = 1 * 8 + wireBytes;
const valueField = 2 * 8 + wireBytes;
const emptyList: readonly never[] = [];
const trueValue: RawValue = { form: 'any', bytes: Buffer.from([anyBool, 1]) };
const falseValue: RawValue = { form: 'any', bytes: Buffer.from([anyBool, 0]) };

const spanKinds = new Map([['UNSPECIFIED', 0], ['INTERNAL', 1], ['SERVER', 2], ['CLIENT', 3], ['PRODUCER', 4], ['CONSUMER', 5]]);
const statusCodes = new Map([['UNSET', 0], ['OK', 1], ['ERROR', 2]]);
const severities = new Map([['UNSPECIFIED', 0], ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, index) => [1, 2, 3, 4].map((step): [string, number] => [step === 1 ? name : `${name}${step}`, index * 4 + step]))]);

export interface ResourceFields {
  readonly attributes: readonly RawAttribute[];
  readonly droppedAttributes: number;
}

export interface ScopeFields extends ResourceFields {
  readonly name: string;
  readonly version: string;
}

/**
 * Reads the items of OTLP JSON: the scanner stands at the item's first byte. Field names in camelCase and snake_case,
 * enums by number or name, int64 as string or number (reference: OTLP specification, JSON mapping; what else is met in files).
 * Throws RefusedItem for an item that breaks a rule, MalformedJson for broken JSON, `needMore` at the end of the window.
 */
export class OtlpJsonItems {
  private readonly scanner: JsonScanner;
  private readonly budget = new ItemBudget();
  private readonly writer = new ProtobufWriter();
  private lastTraceText = '';
  private lastTraceId: string | undefined;
  /** Set when a value was not of its announced type and was kept as text. */
  mistyped: string | undefined;

  constructor(scanner: JsonScanner) {
    this.scanner = scanner;
  }

  span(resource: RawResource, scope: RawScope): RawSpan {
    const { scanner } = this;
    let traceId: string | undefined;
    let spanId: string | undefined;
    let parentSpanId: string | undefined;
    let traceState = '';
    let flags = 0;
    let name = '';
    let kind = 0;
    let startNs = nanos(0n);
    let endNs = startNs;
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    let events: readonly RawEvent[] = emptyList;
    let droppedEvents = 0;
    let links: readonly RawLink[] = emptyList;
    let droppedLinks = 0;
    let statusCode = 0;
    let statusMessage = '';
    this.budget.begin();
    if (!scanner.openObject()) throw new RefusedItem('not a JSON object');
    for (let key = scanner.nextKey(true); key !== undefined; key = scanner.nextKey(false)) {
      switch (key) {
        case 'traceId': case 'trace_id': traceId = this.traceId(); break;
        case 'spanId': case 'span_id': spanId = this.id(8, 'span id'); break;
        case 'parentSpanId': case 'parent_span_id': parentSpanId = this.id(8, 'parent span id'); break;
        case 'traceState': case 'trace_state': traceState = this.text(); break;
        case 'flags': flags = this.unsigned(); break;
        case 'name': name = this.name(); break;
        case 'kind': kind = this.enumeration(spanKinds, 'SPAN_KIND_', 'span kind'); break;
        case 'startTimeUnixNano': case 'start_time_unix_nano': startNs = this.time(); break;
        case 'endTimeUnixNano': case 'end_time_unix_nano': endNs = this.time(); break;
        case 'attributes': attributes = this.attributes(); break;
        case 'droppedAttributesCount': case 'dropped_attributes_count': droppedAttributes = this.unsigned(); break;
        case 'events': events = this.list(() => this.event()); break;
        case 'droppedEventsCount': case 'dropped_events_count': droppedEvents = this.unsigned(); break;
        case 'links': links = this.list(() => this.link()); break;
        case 'droppedLinksCount': case 'dropped_links_count': droppedLinks = this.unsigned(); break;
        case 'status':
          if (!scanner.openObject()) scanner.skipValue();
          else {
            for (let field = scanner.nextKey(true); field !== undefined; field = scanner.nextKey(false)) {
              if (field === 'code') statusCode = this.enumeration(statusCodes, 'STATUS_CODE_', 'status code');
              else if (field === 'message') statusMessage = this.text();
              else scanner.skipValue();
            }
          }
          break;
        default: scanner.skipValue();
      }
    }
    const trace = asTraceId(traceId);
    const span = asSpanId(spanId);
    if (trace === undefined) throw new RefusedItem('no trace id');
    if (span === undefined) throw new RefusedItem('no span id');
    if (startNs === 0n && endNs === 0n) throw new RefusedItem('neither a start nor an end time');
    return {
      traceId: trace, spanId: span, parentSpanId: asSpanId(parentSpanId), traceState, flags, name, kind, startNs, endNs,
      attributes, droppedAttributes, events, droppedEvents, links, droppedLinks, statusCode, statusMessage, resource, scope,
    };
  }

  log(resource: RawResource, scope: RawScope): RawLog {
    const { scanner } = this;
    let timeNs = nanos(0n);
    let observedTimeNs = timeNs;
    let severityNumber = 0;
    let severityText = '';
    let eventName = '';
    let body: RawValue | undefined;
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    let flags = 0;
    let traceId: string | undefined;
    let spanId: string | undefined;
    this.budget.begin();
    if (!scanner.openObject()) throw new RefusedItem('not a JSON object');
    for (let key = scanner.nextKey(true); key !== undefined; key = scanner.nextKey(false)) {
      switch (key) {
        case 'timeUnixNano': case 'time_unix_nano': timeNs = this.time(); break;
        case 'observedTimeUnixNano': case 'observed_time_unix_nano': observedTimeNs = this.time(); break;
        case 'severityNumber': case 'severity_number': severityNumber = this.enumeration(severities, 'SEVERITY_NUMBER_', 'severity number'); break;
        case 'severityText': case 'severity_text': severityText = this.name(); break;
        case 'eventName': case 'event_name': eventName = this.name(); break;
        case 'body': body = this.body(); break;
        case 'attributes': attributes = this.attributes(); break;
        case 'droppedAttributesCount': case 'dropped_attributes_count': droppedAttributes = this.unsigned(); break;
        case 'flags': flags = this.unsigned(); break;
        case 'traceId': case 'trace_id': traceId = this.traceId(); break;
        case 'spanId': case 'span_id': spanId = this.id(8, 'span id'); break;
        default: scanner.skipValue();
      }
    }
    return {
      timeNs, observedTimeNs, severityNumber, severityText, eventName, body, attributes, droppedAttributes, flags,
      traceId: asTraceId(traceId), spanId: asSpanId(spanId), resource, scope,
    };
  }

  private body(): RawValue | undefined {
    if (!this.isNull()) return this.value();
    this.scanner.skipValue();
    return undefined;
  }

  resource(): ResourceFields {
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    this.budget.begin();
    this.object((key) => {
      if (key === 'attributes') attributes = this.attributes();
      else if (key === 'droppedAttributesCount' || key === 'dropped_attributes_count') droppedAttributes = this.unsigned();
      else this.scanner.skipValue();
    });
    return { attributes, droppedAttributes };
  }

  scope(): ScopeFields {
    let name = '';
    let version = '';
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    this.budget.begin();
    this.object((key) => {
      if (key === 'name') name = this.name();
      else if (key === 'version') version = this.name();
      else if (key === 'attributes') attributes = this.attributes();
      else if (key === 'droppedAttributesCount' || key === 'dropped_attributes_count') droppedAttributes = this.unsigned();
      else this.scanner.skipValue();
    });
    return { name, version, attributes, droppedAttributes };
  }

  private event(): RawEvent {
    let timeNs = nanos(0n);
    let name = '';
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    this.object((key) => {
      switch (key) {
        case 'timeUnixNano': case 'time_unix_nano': timeNs = this.time(); break;
        case 'name': name = this.name(); break;
        case 'attributes': attributes = this.attributes(); break;
        case 'droppedAttributesCount': case 'dropped_attributes_count': droppedAttributes = this.unsigned(); break;
        default: this.scanner.skipValue();
      }
    });
    return { timeNs, name, attributes, droppedAttributes };
  }

  private link(): RawLink {
    let traceId: string | undefined;
    let spanId: string | undefined;
    let traceState = '';
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    let flags = 0;
    this.object((key) => {
      switch (key) {
        case 'traceId': case 'trace_id': traceId = this.id(16, 'trace id of a link'); break;
        case 'spanId': case 'span_id': spanId = this.id(8, 'span id of a link'); break;
        case 'traceState': case 'trace_state': traceState = this.text(); break;
        case 'attributes': attributes = this.attributes(); break;
        case 'droppedAttributesCount': case 'dropped_attributes_count': droppedAttributes = this.unsigned(); break;
        case 'flags': flags = this.unsigned(); break;
        default: this.scanner.skipValue();
      }
    });
    return { traceId: linkTraceId(traceId), spanId: linkSpanId(spanId), traceState, attributes, droppedAttributes, flags };
  }

  /** A list of `{key, value}`, as OTLP has it, or an object of plain values, as hand-made files have it. */
  attributes(): readonly RawAttribute[] {
    const { scanner } = this;
    const attributes: RawAttribute[] = [];
    if (scanner.peek() === openBrace) {
      this.object((key) => {
        this.budget.attribute(attributes.length);
        attributes.push({ key, value: this.value() });
      });
      return attributes;
    }
    if (!scanner.openArray()) {
      this.expectNull('attributes');
      return emptyList;
    }
    for (let more = scanner.nextElement(true); more; more = scanner.nextElement(false)) {
      this.budget.attribute(attributes.length);
      if (!scanner.openObject()) throw new RefusedItem('an attribute is not a JSON object');
      let key = '';
      let value: RawValue = emptyValue;
      for (let field = scanner.nextKey(true); field !== undefined; field = scanner.nextKey(false)) {
        if (field === 'key') key = this.name();
        else if (field === 'value') value = this.value();
        else scanner.skipValue();
      }
      attributes.push({ key, value });
    }
    return attributes;
  }

  /** An AnyValue: strings stay where they are, the rest is encoded. Bare scalars and lists are accepted. */
  value(): RawValue {
    this.writer.reset();
    const text = this.anyValue(0);
    if (text !== undefined) return text;
    switch (this.writer.size) {
      case 0: return emptyValue;
      case 2: {
        const bytes = this.writer.finish();
        if (bytes[0] !== anyBool) return { form: 'any', bytes };
        return bytes[1] === 0 ? falseValue : trueValue;
      }
      default: return { form: 'any', bytes: this.writer.finish() };
    }
  }

  /** Writes the AnyValue; a string at depth 0 is returned instead. */
  private anyValue(depth: number): TextRange | undefined {
    const { scanner, writer } = this;
    if (depth > maximumDepth) throw new RefusedItem(`a value is nested deeper than ${maximumDepth}`);
    const byte = scanner.peek();
    if (byte === quote) return this.stringValue(depth);
    if (byte === openBracket) {
      this.arrayItems(depth);
      return undefined;
    }
    if (byte !== openBrace) {
      this.bareScalar();
      return undefined;
    }
    const size = writer.size;
    let text: TextRange | undefined;
    scanner.position++;
    for (let key = scanner.nextKey(true); key !== undefined; key = scanner.nextKey(false)) {
      const kind = valueKind(key);
      if (kind === 0 || this.isNull()) {
        scanner.skipValue();
        continue;
      }
      // oneof: the last one set wins.
      writer.truncate(size);
      text = undefined;
      switch (kind) {
        case anyString: text = this.stringValue(depth); break;
        case anyBool: this.boolValue(); break;
        case anyInt: this.intValue(); break;
        case anyDouble: this.doubleValue(); break;
        case anyArray: this.inValues((first) => { if (first) this.arrayItems(depth); else scanner.skipValue(); }, anyArray); break;
        case anyMap: this.inValues((first) => { if (first) this.mapEntries(depth); else scanner.skipValue(); }, anyMap); break;
        default:
          if (!scanner.scalar()) throw new RefusedItem('bytesValue is not a string');
          writer.varint(anyBytes);
          writer.bytes(Buffer.from(scanner.text(), 'base64'));
      }
    }
    return text;
  }

  /** `{"values": [...]}`; a missing or null list is an empty one. */
  private inValues(read: (first: boolean) => void, tag: number): void {
    const { scanner, writer } = this;
    if (scanner.peek() === openBracket) {
      read(true);
      return;
    }
    let seen = false;
    this.object((key) => {
      if (key === 'values' && !this.isNull()) {
        read(!seen);
        seen = true;
      } else scanner.skipValue();
    });
    if (seen) return;
    writer.varint(tag);
    writer.varint(0);
  }

  private arrayItems(depth: number): void {
    const { scanner, writer } = this;
    if (!scanner.openArray()) throw new RefusedItem('the values of an array are not a list');
    writer.varint(anyArray);
    const list = writer.open();
    for (let more = scanner.nextElement(true); more; more = scanner.nextElement(false)) {
      this.budget.part();
      writer.varint(listItem);
      const item = writer.open();
      this.anyValue(depth + 1);
      writer.close(item);
    }
    writer.close(list);
  }

  private mapEntries(depth: number): void {
    const { scanner, writer } = this;
    if (!scanner.openArray()) throw new RefusedItem('the values of a key-value list are not a list');
    writer.varint(anyMap);
    const map = writer.open();
    for (let more = scanner.nextElement(true); more; more = scanner.nextElement(false)) {
      this.budget.part();
      writer.varint(listItem);
      const entry = writer.open();
      this.object((key) => {
        if (key === 'key') {
          if (!scanner.scalar()) throw new RefusedItem('a key is not a string');
          writer.varint(keyField);
          writer.bytes(scanner.unescaped());
        } else if (key === 'value') {
          writer.varint(valueField);
          const value = writer.open();
          this.anyValue(depth + 1);
          writer.close(value);
        } else scanner.skipValue();
      });
      writer.close(entry);
    }
    writer.close(map);
  }

  private stringValue(depth: number): TextRange | undefined {
    const { scanner, writer } = this;
    if (!scanner.scalar()) throw new RefusedItem('stringValue is not a string');
    if (depth === 0) return { form: 'text', buffer: scanner.buffer, start: scanner.textStart, end: scanner.textEnd, escaped: scanner.textEscaped };
    writer.varint(anyString);
    writer.bytes(scanner.unescaped());
    return undefined;
  }

  private boolValue(): void {
    if (!this.scanner.scalar()) throw new RefusedItem('boolValue is not a boolean');
    const text = this.scanner.text();
    this.writer.varint(anyBool);
    this.writer.varint(text === 'true' || text === '1' ? 1 : 0);
  }

  private intValue(): void {
    const { scanner, writer } = this;
    if (!scanner.scalar()) throw new RefusedItem('intValue is not a number');
    const text = scanner.text();
    const integer = parseInteger(text);
    if (integer !== undefined) {
      writer.varint(anyInt);
      writer.int64(integer);
    } else this.otherNumber(text, 'intValue');
  }

  private doubleValue(): void {
    if (!this.scanner.scalar()) throw new RefusedItem('doubleValue is not a number');
    this.otherNumber(this.scanner.text(), 'doubleValue');
  }

  /** What is not a number after all is kept as text rather than lost. */
  private otherNumber(text: string, what: string): void {
    const { writer } = this;
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isNaN(value) && text !== 'NaN') {
      this.mistyped = `${what} ${JSON.stringify(text.slice(0, 40))} is not a number: kept as text`;
      writer.varint(anyString);
      writer.text(text);
      return;
    }
    writer.varint(anyDouble);
    writer.double(value);
  }

  private bareScalar(): void {
    const { scanner } = this;
    scanner.scalar();
    const text = scanner.text();
    if (text === 'null') return;
    if (text === 'true' || text === 'false') {
      this.writer.varint(anyBool);
      this.writer.varint(text === 'true' ? 1 : 0);
      return;
    }
    const integer = parseInteger(text);
    if (integer === undefined) this.otherNumber(text, 'a value');
    else {
      this.writer.varint(anyInt);
      this.writer.int64(integer);
    }
  }

  /** Each key of an object, the scanner at its value; null is an object without keys. */
  private object(read: (key: string) => void): void {
    const { scanner } = this;
    if (!scanner.openObject()) {
      this.expectNull('a JSON object');
      return;
    }
    for (let key = scanner.nextKey(true); key !== undefined; key = scanner.nextKey(false)) read(key);
  }

  private list<Item>(read: () => Item): readonly Item[] {
    const { scanner } = this;
    if (!scanner.openArray()) {
      this.expectNull('a list');
      return emptyList;
    }
    const items: Item[] = [];
    for (let more = scanner.nextElement(true); more; more = scanner.nextElement(false)) {
      this.budget.part();
      items.push(read());
    }
    return items;
  }

  private isNull(): boolean {
    // Only `null` begins with n.
    return this.scanner.peek() === 0x6e;
  }

  private expectNull(what: string): void {
    if (!this.isNull()) throw new RefusedItem(`found something else where ${what} is expected`);
    this.scanner.skipValue();
  }

  private name(): string {
    const { scanner } = this;
    if (!scanner.scalar()) throw new RefusedItem('found a structure where a string is expected');
    if (scanner.textEscaped) return scanner.text();
    const text = scanner.interner.text(scanner.buffer, scanner.textStart, scanner.textEnd);
    return text === 'null' && scanner.buffer[scanner.position - 1] !== quote ? '' : text;
  }

  text(): string {
    const { scanner } = this;
    if (!scanner.scalar()) throw new RefusedItem('found a structure where a string is expected');
    const text = scanner.text();
    return text === 'null' && scanner.buffer[scanner.position - 1] !== quote ? '' : text;
  }

  private unsigned(): number {
    const text = this.text();
    if (text === '') return 0;
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) throw new RefusedItem(`${JSON.stringify(text.slice(0, 40))} is not a 32-bit count`);
    return value;
  }

  private enumeration(names: ReadonlyMap<string, number>, prefix: string, what: string): number {
    const text = this.name();
    if (text === '') return 0;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0 && value <= 0x7fff_ffff) return value;
    const upper = text.toUpperCase();
    const known = names.get(upper.startsWith(prefix) ? upper.slice(prefix.length) : upper);
    if (known === undefined) throw new RefusedItem(`unknown ${what} ${JSON.stringify(text.slice(0, 60))}`);
    return known;
  }

  private time(): Nanos {
    const text = this.text();
    if (text === '') return nanos(0n);
    if (/^\d{1,20}$/.test(text)) {
      const value = BigInt(text);
      if (value < 1n << 64n) return nanos(value);
    }
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) throw new RefusedItem(`time ${JSON.stringify(text.slice(0, 60))} is not in nanoseconds`);
    return nanos(BigInt(Math.trunc(value)));
  }

  private id(size: 8 | 16, what: string): string | undefined {
    return idFromText(this.text(), size, what);
  }

  private traceId(): string | undefined {
    const text = this.text();
    if (text !== this.lastTraceText || text === '') {
      this.lastTraceId = idFromText(text, 16, 'trace id');
      this.lastTraceText = text;
    }
    return this.lastTraceId;
  }
}

/** The AnyValue field of a JSON key; 0 for others. */
function valueKind(key: string): number {
  switch (key) {
    case 'stringValue': case 'string_value': return anyString;
    case 'boolValue': case 'bool_value': return anyBool;
    case 'intValue': case 'int_value': return anyInt;
    case 'doubleValue': case 'double_value': return anyDouble;
    case 'arrayValue': case 'array_value': return anyArray;
    case 'kvlistValue': case 'kvlist_value': return anyMap;
    case 'bytesValue': case 'bytes_value': return anyBytes;
    default: return 0;
  }
}

/** Decimal text in the range of int64; undefined for anything else. */
function parseInteger(text: string): number | bigint | undefined {
  if (text.length <= 15) return /^-?\d+$/.test(text) && text !== '-0' ? Number(text) : undefined;
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
