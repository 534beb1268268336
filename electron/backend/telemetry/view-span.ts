import { decodeValue } from './any-value.ts';
import { maximumDepth } from './raw-span.ts';
import type { RawAttribute, RawLog, RawSpan, RawValue } from './raw-span.ts';
import type { AttributeReader, AttributeValue, LogView, SpanView } from './span-view.ts';

/** Span.flags: 0x100 says that 0x200 ("the parent is remote") is known. */
const remoteKnown = 0x100;
const parentIsRemote = 0x200;

/** A span as conventions read it. Nothing is decoded until it is asked for. `logs`: those that carry the span's ids. */
export function viewSpan(span: RawSpan, logs: readonly RawLog[]): SpanView {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    parentRemote: (span.flags & remoteKnown) !== 0 && (span.flags & parentIsRemote) !== 0,
    name: span.name,
    kind: span.kind,
    startNs: span.startNs,
    endNs: span.endNs,
    statusCode: span.statusCode,
    statusMessage: span.statusMessage,
    droppedAttributes: span.droppedAttributes,
    attributes: readAttributes(span.attributes),
    events: span.events.map((event) => ({
      timeNs: event.timeNs,
      name: event.name,
      attributes: readAttributes(event.attributes),
    })),
    links: span.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: readAttributes(link.attributes),
    })),
    logs: logs.map(viewLog),
    scopeName: span.scope.name,
    scopeVersion: span.scope.version,
    resource: readAttributes(span.resource.attributes),
  };
}

/** A log record as conventions read it. Its time is when it happened, or when it was observed where that is missing. */
export function viewLog(log: RawLog): LogView {
  const attributes = readAttributes(log.attributes);
  const body = log.body === undefined ? undefined : decodeSafely(log.body);
  return {
    timeNs: log.timeNs === 0n ? log.observedTimeNs : log.timeNs,
    eventName:
      log.eventName ||
      attributes.text('event.name') ||
      (typeof body === 'string' && body.startsWith('gen_ai.') ? body : undefined),
    body,
    attributes,
  };
}

const readers = new WeakMap<readonly RawAttribute[], AttributeReader>();

/** Read access to attributes, the same reader for the same array, so that a resource is decoded once for all its spans. */
export function readAttributes(attributes: readonly RawAttribute[]): AttributeReader {
  let reader = readers.get(attributes);
  if (reader === undefined) {
    reader = new LazyAttributeReader(attributes);
    readers.set(attributes, reader);
  }
  return reader;
}

class LazyAttributeReader implements AttributeReader {
  private readonly raw: ReadonlyMap<string, RawValue>;
  private readonly decoded = new Map<string, AttributeValue>();

  constructor(attributes: readonly RawAttribute[]) {
    const raw = new Map<string, RawValue>();
    for (const attribute of attributes) raw.set(attribute.key, attribute.value);
    this.raw = raw;
  }

  get size(): number {
    return this.raw.size;
  }

  has(key: string): boolean {
    return this.raw.has(key);
  }

  get(key: string): AttributeValue {
    const known = this.decoded.get(key);
    if (known !== undefined) return known;
    const raw = this.raw.get(key);
    if (raw === undefined) return undefined;
    const value = decodeSafely(raw);
    this.decoded.set(key, value);
    return value;
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    switch (typeof value) {
      case 'string':
        return value === '' ? undefined : value;
      case 'number':
      case 'bigint':
      case 'boolean':
        return String(value);
      default:
        return undefined;
    }
  }

  number(key: string): number | undefined {
    const value = this.get(key);
    let result: number;
    if (typeof value === 'number') result = value;
    else if (typeof value === 'bigint') result = Number(value);
    else if (typeof value === 'string' && value.length <= 100 && value.trim() !== '') result = Number(value);
    else return undefined;
    return Number.isFinite(result) ? result : undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = this.get(key);
    if (typeof value === 'boolean') return value;
    if (typeof value !== 'string' || value.length > 5) return undefined;
    const lower = value.toLowerCase();
    return lower === 'true' ? true : lower === 'false' ? false : undefined;
  }

  json(key: string): unknown {
    const value = this.get(key);
    return typeof value === 'string' ? parseJson(value) : toJsonData(value);
  }

  keys(): Iterable<string> {
    return this.raw.keys();
  }

  keysWithPrefix(prefix: string): readonly string[] {
    const found: string[] = [];
    for (const key of this.raw.keys()) if (key.startsWith(prefix)) found.push(key);
    return found;
  }
}

/** Sources check encoded values before they let them in; what is broken all the same reads as no value. */
function decodeSafely(raw: RawValue): AttributeValue {
  try {
    return decodeValue(raw);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): unknown {
  if (nestsDeeper(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** JSON.parse itself survives any depth; what walks its result by recursion would not. */
function nestsDeeper(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maximumDepth) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** int64 outside ±2^53 become decimal strings, bytes base64, as in OTLP JSON. */
function toJsonData(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item: AttributeValue) => toJsonData(item) ?? null);
  // fromEntries defines properties, so that a key `__proto__` stays an ordinary key.
  if (value instanceof Map)
    return Object.fromEntries(
      [...(value as ReadonlyMap<string, AttributeValue>)].map(([key, item]) => [key, toJsonData(item) ?? null]),
    );
  return value;
}
