import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { nanos, spanId, traceId } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import { encodeValue } from '../../telemetry/any-value.ts';
import type { RawAttribute, RawEvent, RawLog, RawResource, RawScope, RawSpan } from '../../telemetry/raw-span.ts';
import type { AttributeValue, SpanView } from '../../telemetry/span-view.ts';
import { viewSpan } from '../../telemetry/view-span.ts';
import { asArray, entriesOf, field, textField } from './structure.ts';

/** For tests only: spans from OTLP JSON captures and from plain attribute lists, seen through the real `viewSpan`. */
const fixtures = new URL('../../../../e2e/fixtures/', import.meta.url);

export function readFixture(path: string): readonly SpanView[] {
  return viewOtlpJson(readFileSync(new URL(path, fixtures)));
}

/** OTLP JSON lines as the collector's file exporter writes them, in file order. */
export function viewOtlpJson(file: Buffer): readonly SpanView[] {
  const text = (file[0] === 0x1f ? gunzipSync(file) : file).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => viewRequest(JSON.parse(line)));
}

function viewRequest(request: unknown): readonly SpanView[] {
  const list = (value: unknown, key: string): readonly unknown[] => asArray(field(value, key)) ?? [];
  return list(request, 'resourceSpans').flatMap((resourceSpans) => {
    const attributes = attributesOf(list(field(resourceSpans, 'resource'), 'attributes'));
    const resource: RawResource = { attributes, droppedAttributes: 0, schemaUrl: '' };
    return list(resourceSpans, 'scopeSpans').flatMap((scopeSpans) =>
      list(scopeSpans, 'spans').map((span) => {
        const scope = scopeOf(
          textField(field(scopeSpans, 'scope'), 'name') ?? '',
          textField(field(scopeSpans, 'scope'), 'version') ?? '',
        );
        return viewSpan(rawSpan(span, resource, scope), []);
      }),
    );
  });
}

function rawSpan(span: unknown, resource: RawResource, scope: RawScope): RawSpan {
  const list = (key: string): readonly unknown[] => asArray(field(span, key)) ?? [];
  const parent = textField(span, 'parentSpanId');
  return {
    ...emptySpan(resource, scope),
    traceId: traceId(textField(span, 'traceId') ?? ''),
    spanId: spanId(textField(span, 'spanId') ?? ''),
    parentSpanId: parent === undefined ? undefined : spanId(parent),
    name: textField(span, 'name') ?? '',
    kind: Number(field(span, 'kind') ?? 0),
    startNs: timeOf(span, 'startTimeUnixNano'),
    endNs: timeOf(span, 'endTimeUnixNano'),
    attributes: attributesOf(list('attributes')),
    droppedAttributes: Number(field(span, 'droppedAttributesCount') ?? 0),
    events: list('events').map((event): RawEvent => ({
      name: textField(event, 'name') ?? '',
      timeNs: timeOf(event, 'timeUnixNano'),
      attributes: attributesOf(asArray(field(event, 'attributes')) ?? []),
      droppedAttributes: 0,
    })),
    statusCode: Number(field(field(span, 'status'), 'code') ?? 0),
    statusMessage: textField(field(span, 'status'), 'message') ?? '',
  };
}

/** Captures write times as decimal strings. */
function timeOf(value: unknown, key: string): Nanos {
  return nanos(BigInt(textField(value, key) ?? '0'));
}

function attributesOf(list: readonly unknown[]): readonly RawAttribute[] {
  return list.map((attribute) => ({
    key: textField(attribute, 'key') ?? '',
    value: encodeValue(valueOf(field(attribute, 'value'))),
  }));
}

function valueOf(value: unknown): AttributeValue {
  const [kind, content] = entriesOf(value)[0] ?? [];
  switch (kind) {
    case 'stringValue':
      return String(content);
    case 'boolValue':
      return content === true;
    case 'intValue':
      return BigInt(String(content));
    case 'doubleValue':
      return Number(content);
    case 'arrayValue':
      return (asArray(field(content, 'values')) ?? []).map(valueOf);
    case 'kvlistValue':
      return new Map(
        (asArray(field(content, 'values')) ?? []).map((entry) => [
          textField(entry, 'key') ?? '',
          valueOf(field(entry, 'value')),
        ]),
      );
    default:
      return undefined;
  }
}

const scopeOf = (name: string, version: string): RawScope => ({
  name,
  version,
  attributes: [],
  droppedAttributes: 0,
  schemaUrl: '',
});

function emptySpan(resource: RawResource, scope: RawScope): RawSpan {
  return {
    traceId: traceId('0af7651916cd43dd8448eb211c80319c'),
    spanId: spanId('b7ad6b7169203331'),
    parentSpanId: undefined,
    traceState: '',
    flags: 0,
    name: 'span',
    kind: 1,
    startNs: nanos(1_000_000_000n),
    endNs: nanos(2_000_000_000n),
    attributes: [],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    statusCode: 0,
    statusMessage: '',
    resource,
    scope,
  };
}

export type TestAttributes = readonly (readonly [string, AttributeValue])[];

export interface TestSpan {
  readonly name?: string;
  readonly scope?: string;
  readonly kind?: number;
  readonly parent?: string;
  readonly start?: bigint;
  readonly end?: bigint;
  readonly statusCode?: number;
  readonly statusMessage?: string;
  readonly droppedAttributes?: number;
  readonly attributes?: TestAttributes;
  readonly events?: readonly { readonly name: string; readonly attributes: TestAttributes; readonly time?: bigint }[];
  readonly logs?: readonly {
    readonly name: string;
    readonly body?: AttributeValue;
    readonly attributes?: TestAttributes;
  }[];
}

/** A span made by hand, for shapes that no capture has. */
export function spanOf(span: TestSpan): SpanView {
  const attributes = (entries: TestAttributes = []): readonly RawAttribute[] =>
    entries.map(([key, value]) => ({ key, value: encodeValue(value) }));
  const resource: RawResource = { attributes: [], droppedAttributes: 0, schemaUrl: '' };
  const scope = scopeOf(span.scope ?? 'test', '');
  const raw: RawSpan = {
    ...emptySpan(resource, scope),
    name: span.name ?? 'span',
    kind: span.kind ?? 1,
    parentSpanId: span.parent === undefined ? undefined : spanId(span.parent),
    startNs: nanos(span.start ?? 1_000_000_000n),
    endNs: nanos(span.end ?? 2_000_000_000n),
    statusCode: span.statusCode ?? 0,
    statusMessage: span.statusMessage ?? '',
    droppedAttributes: span.droppedAttributes ?? 0,
    attributes: attributes(span.attributes),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      timeNs: nanos(event.time ?? 1_000_000_000n),
      attributes: attributes(event.attributes),
      droppedAttributes: 0,
    })),
  };
  const logs = (span.logs ?? []).map((log): RawLog => ({
    timeNs: nanos(1n),
    observedTimeNs: nanos(1n),
    severityNumber: 0,
    severityText: '',
    eventName: log.name,
    body: log.body === undefined ? undefined : encodeValue(log.body),
    attributes: attributes(log.attributes),
    droppedAttributes: 0,
    flags: 0,
    traceId: raw.traceId,
    spanId: raw.spanId,
    resource,
    scope,
  }));
  return viewSpan(raw, logs);
}
