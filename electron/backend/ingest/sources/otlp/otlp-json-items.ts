import { nanos } from '../../../../../shared/model/units.ts';
import type { Nanos } from '../../../../../shared/model/units.ts';
import { emptyValue } from '../../../telemetry/any-value.ts';
import type {
  RawAttribute,
  RawEvent,
  RawLink,
  RawLog,
  RawResource,
  RawScope,
  RawSpan,
  RawValue,
} from '../../../telemetry/raw-span.ts';
import type { JsonScanner } from '../reading/json-scanner.ts';
import { asSpanId, asTraceId, idFromText, linkSpanId, linkTraceId } from './ids.ts';
import { ItemBudget, withCut } from './item-budget.ts';
import { RefusedItem, refusedSpan } from './malformed.ts';
import { isNull, OtlpJsonValues } from './otlp-json-values.ts';

const openBrace = 0x7b;
const quote = 0x22;
const emptyList: readonly never[] = [];

const spanKinds = new Map([
  ['UNSPECIFIED', 0],
  ['INTERNAL', 1],
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
]);
const statusCodes = new Map([
  ['UNSET', 0],
  ['OK', 1],
  ['ERROR', 2],
]);
const severities = new Map([
  ['UNSPECIFIED', 0],
  ...['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name, index) =>
    [1, 2, 3, 4].map((step): [string, number] => [step === 1 ? name : `${name}${step}`, index * 4 + step]),
  ),
]);

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
  private readonly values: OtlpJsonValues;
  private lastTraceId: string | undefined;

  constructor(scanner: JsonScanner) {
    this.scanner = scanner;
    this.values = new OtlpJsonValues(scanner, this.budget);
  }

  /** Said once a value was not of its announced type and was kept as text. */
  get mistyped(): string | undefined {
    return this.values.mistyped;
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
    let cut = 0;
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
        case 'traceId':
        case 'trace_id':
          traceId = this.traceId();
          break;
        case 'spanId':
        case 'span_id':
          spanId = this.id(8, 'span id');
          break;
        case 'parentSpanId':
        case 'parent_span_id':
          parentSpanId = this.id(8, 'parent span id');
          break;
        case 'traceState':
        case 'trace_state':
          traceState = this.text();
          break;
        case 'flags':
          flags = this.unsigned();
          break;
        case 'name':
          name = this.name();
          break;
        case 'kind':
          kind = this.enumeration(spanKinds, 'SPAN_KIND_', 'span kind');
          break;
        case 'startTimeUnixNano':
        case 'start_time_unix_nano':
          startNs = this.time();
          break;
        case 'endTimeUnixNano':
        case 'end_time_unix_nano':
          endNs = this.time();
          break;
        case 'attributes':
          ({ attributes, cut } = this.attributes());
          break;
        case 'droppedAttributesCount':
        case 'dropped_attributes_count':
          droppedAttributes = this.unsigned();
          break;
        case 'events':
          events = this.list(() => this.event());
          break;
        case 'droppedEventsCount':
        case 'dropped_events_count':
          droppedEvents = this.unsigned();
          break;
        case 'links':
          links = this.list(() => this.link());
          break;
        case 'droppedLinksCount':
        case 'dropped_links_count':
          droppedLinks = this.unsigned();
          break;
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
        default:
          scanner.skipValue();
      }
    }
    const trace = asTraceId(traceId);
    const span = asSpanId(spanId);
    if (trace === undefined) throw refusedSpan.withoutTrace;
    if (span === undefined) throw refusedSpan.withoutId;
    if (startNs === 0n && endNs === 0n) throw refusedSpan.withoutTime;
    return {
      traceId: trace,
      spanId: span,
      parentSpanId: asSpanId(parentSpanId),
      traceState,
      flags,
      name,
      kind,
      startNs,
      endNs,
      attributes,
      droppedAttributes: withCut(droppedAttributes, cut),
      events,
      droppedEvents,
      links,
      droppedLinks,
      statusCode,
      statusMessage,
      resource,
      scope,
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
    let cut = 0;
    let flags = 0;
    let traceId: string | undefined;
    let spanId: string | undefined;
    this.budget.begin();
    if (!scanner.openObject()) throw new RefusedItem('not a JSON object');
    for (let key = scanner.nextKey(true); key !== undefined; key = scanner.nextKey(false)) {
      switch (key) {
        case 'timeUnixNano':
        case 'time_unix_nano':
          timeNs = this.time();
          break;
        case 'observedTimeUnixNano':
        case 'observed_time_unix_nano':
          observedTimeNs = this.time();
          break;
        case 'severityNumber':
        case 'severity_number':
          severityNumber = this.enumeration(severities, 'SEVERITY_NUMBER_', 'severity number');
          break;
        case 'severityText':
        case 'severity_text':
          severityText = this.name();
          break;
        case 'eventName':
        case 'event_name':
          eventName = this.name();
          break;
        case 'body':
          body = this.body();
          break;
        case 'attributes':
          ({ attributes, cut } = this.attributes());
          break;
        case 'droppedAttributesCount':
        case 'dropped_attributes_count':
          droppedAttributes = this.unsigned();
          break;
        case 'flags':
          flags = this.unsigned();
          break;
        case 'traceId':
        case 'trace_id':
          traceId = this.traceId();
          break;
        case 'spanId':
        case 'span_id':
          spanId = this.id(8, 'span id');
          break;
        default:
          scanner.skipValue();
      }
    }
    return {
      timeNs,
      observedTimeNs,
      severityNumber,
      severityText,
      eventName,
      body,
      attributes,
      droppedAttributes: withCut(droppedAttributes, cut),
      flags,
      traceId: asTraceId(traceId),
      spanId: asSpanId(spanId),
      resource,
      scope,
    };
  }

  private body(): RawValue | undefined {
    if (!isNull(this.scanner)) return this.values.value();
    this.scanner.skipValue();
    return undefined;
  }

  resource(): ResourceFields {
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    let cut = 0;
    this.budget.begin();
    this.object((key) => {
      if (key === 'attributes') ({ attributes, cut } = this.attributes());
      else if (key === 'droppedAttributesCount' || key === 'dropped_attributes_count')
        droppedAttributes = this.unsigned();
      else this.scanner.skipValue();
    });
    return { attributes, droppedAttributes: withCut(droppedAttributes, cut) };
  }

  scope(): ScopeFields {
    let name = '';
    let version = '';
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    let cut = 0;
    this.budget.begin();
    this.object((key) => {
      if (key === 'name') name = this.name();
      else if (key === 'version') version = this.name();
      else if (key === 'attributes') ({ attributes, cut } = this.attributes());
      else if (key === 'droppedAttributesCount' || key === 'dropped_attributes_count')
        droppedAttributes = this.unsigned();
      else this.scanner.skipValue();
    });
    return { name, version, attributes, droppedAttributes: withCut(droppedAttributes, cut) };
  }

  private event(): RawEvent {
    let timeNs = nanos(0n);
    let name = '';
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    let cut = 0;
    this.object((key) => {
      switch (key) {
        case 'timeUnixNano':
        case 'time_unix_nano':
          timeNs = this.time();
          break;
        case 'name':
          name = this.name();
          break;
        case 'attributes':
          ({ attributes, cut } = this.attributes());
          break;
        case 'droppedAttributesCount':
        case 'dropped_attributes_count':
          droppedAttributes = this.unsigned();
          break;
        default:
          this.scanner.skipValue();
      }
    });
    return { timeNs, name, attributes, droppedAttributes: withCut(droppedAttributes, cut) };
  }

  private link(): RawLink {
    let traceId: string | undefined;
    let spanId: string | undefined;
    let traceState = '';
    let attributes: readonly RawAttribute[] = emptyList;
    let droppedAttributes = 0;
    let cut = 0;
    let flags = 0;
    this.object((key) => {
      switch (key) {
        case 'traceId':
        case 'trace_id':
          traceId = this.id(16, 'trace id of a link');
          break;
        case 'spanId':
        case 'span_id':
          spanId = this.id(8, 'span id of a link');
          break;
        case 'traceState':
        case 'trace_state':
          traceState = this.text();
          break;
        case 'attributes':
          ({ attributes, cut } = this.attributes());
          break;
        case 'droppedAttributesCount':
        case 'dropped_attributes_count':
          droppedAttributes = this.unsigned();
          break;
        case 'flags':
          flags = this.unsigned();
          break;
        default:
          this.scanner.skipValue();
      }
    });
    return {
      traceId: linkTraceId(traceId),
      spanId: linkSpanId(spanId),
      traceState,
      attributes,
      droppedAttributes: withCut(droppedAttributes, cut),
      flags,
    };
  }

  /** A list of `{key, value}`, as OTLP has it, or an object of plain values, as hand-made files have it. `cut`: how many were passed over. */
  private attributes(): { readonly attributes: readonly RawAttribute[]; readonly cut: number } {
    const { scanner } = this;
    const attributes: RawAttribute[] = [];
    let cut = 0;
    if (scanner.peek() === openBrace) {
      this.object((key) => {
        if (this.budget.attribute(attributes.length)) attributes.push({ key, value: this.values.value(key) });
        else {
          cut += 1;
          scanner.skipValue();
        }
      });
      return { attributes, cut };
    }
    if (!scanner.openArray()) {
      this.expectNull('attributes');
      return { attributes: emptyList, cut };
    }
    for (let more = scanner.nextElement(true); more; more = scanner.nextElement(false)) {
      if (!this.budget.attribute(attributes.length)) {
        cut += 1;
        scanner.skipValue();
        continue;
      }
      if (!scanner.openObject()) throw new RefusedItem('an attribute is not a JSON object');
      let key = '';
      let value: RawValue = emptyValue;
      for (let field = scanner.nextKey(true); field !== undefined; field = scanner.nextKey(false)) {
        if (field === 'key') key = this.name();
        else if (field === 'value') value = this.values.value(key);
        else scanner.skipValue();
      }
      attributes.push({ key, value });
    }
    return { attributes, cut };
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

  private expectNull(what: string): void {
    if (!isNull(this.scanner)) throw new RefusedItem(`found something else where ${what} is expected`);
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
    if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
      throw new RefusedItem(`${JSON.stringify(text.slice(0, 40))} is not a 32-bit count`);
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
    const { scanner } = this;
    if (!scanner.scalar()) throw new RefusedItem('found a structure where a time is expected');
    const { textStart, textEnd } = scanner;
    // Nanoseconds of this century have 19 digits: two exact numbers, no string.
    if (textEnd - textStart === 19) {
      const high = digits(scanner.buffer, textStart, textStart + 10);
      const low = digits(scanner.buffer, textStart + 10, textEnd);
      if (high >= 0 && low >= 0) return nanos(BigInt(high) * 1_000_000_000n + BigInt(low));
    }
    return parseTime(scanner.text());
  }

  private id(size: 8 | 16, what: string): string | undefined {
    const { scanner } = this;
    if (!scanner.scalar()) throw new RefusedItem('found a structure where an id is expected');
    const { buffer, textStart, textEnd } = scanner;
    if (isPlainHex(buffer, textStart, textEnd, size)) return buffer.toString('latin1', textStart, textEnd);
    const text = scanner.text();
    return idFromText(text === 'null' ? '' : text, size, what);
  }

  private traceId(): string | undefined {
    const { scanner } = this;
    const { buffer, position } = scanner;
    const last = this.lastTraceId;
    if (last !== undefined && buffer[position] === quote && buffer[position + 1 + last.length] === quote) {
      let index = 0;
      while (index < last.length && buffer[position + 1 + index] === last.charCodeAt(index)) index++;
      if (index === last.length) {
        scanner.position = position + 2 + last.length;
        return last;
      }
    }
    const id = this.id(16, 'trace id');
    this.lastTraceId = id;
    return id;
  }
}

/** The number of decimal digits; -1 when there is anything else. */
function digits(buffer: Buffer, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = (buffer[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function parseTime(text: string): Nanos {
  if (text === '' || text === 'null') return nanos(0n);
  if (/^\d{1,20}$/.test(text)) {
    const value = BigInt(text);
    if (value < 1n << 64n) return nanos(value);
  }
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64)
    throw new RefusedItem(`time ${JSON.stringify(text.slice(0, 60))} is not in nanoseconds`);
  return nanos(BigInt(Math.trunc(value)));
}

/** Lower-case hex of the right length and not all zero: an id as nearly every writer sends it. */
function isPlainHex(buffer: Buffer, start: number, end: number, size: number): boolean {
  if (end - start !== size * 2) return false;
  let set = false;
  for (let index = start; index < end; index++) {
    const byte = buffer[index] ?? 0;
    if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false;
    if (byte !== 0x30) set = true;
  }
  return set;
}
