import fc from 'fast-check';
import protobuf from 'protobufjs';
import { spanToJson, encodeOtlpJson } from '../../../telemetry/export-otlp.ts';
import type { RawLog, RawSpan, Skipped, TelemetrySink } from '../../../telemetry/raw-span.ts';

/** For tests of the OTLP sources: an independent protobuf library, generated requests, and a JSON writer of all styles met. */

const fixtures = new URL('../../../../../e2e/fixtures/', import.meta.url).pathname;
export const fixturePath = (name: string): string => `${fixtures}${name}`;

/** The official definitions, read by protobufjs. */
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => `${fixtures}otlp-proto/${target}`;
root.loadSync(
  ['trace/v1/trace_service', 'logs/v1/logs_service', 'metrics/v1/metrics_service'].map(
    (name) => `opentelemetry/proto/collector/${name}.proto`,
  ),
);
export const traceRequestType = root.lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');
export const logsRequestType = root.lookupType('opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest');
export const metricsRequestType = root.lookupType(
  'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
);

export const encode = (type: protobuf.Type, value: object): Buffer =>
  Buffer.from(type.encode(type.fromObject(value)).finish());

export interface Collected {
  readonly spans: RawSpan[];
  readonly logs: RawLog[];
  readonly metrics: { readonly request: Buffer; readonly dataPoints: number }[];
  readonly skipped: Skipped[];
  readonly warnings: string[];
  readonly sink: TelemetrySink;
}

export function collect(): Collected {
  const collected = {
    spans: [] as RawSpan[],
    logs: [] as RawLog[],
    metrics: [] as { request: Buffer; dataPoints: number }[],
    skipped: [] as Skipped[],
    warnings: [] as string[],
  };
  return {
    ...collected,
    sink: {
      span: (span) => void collected.spans.push(span),
      log: (log) => void collected.logs.push(log),
      metrics: (request, dataPoints) => void collected.metrics.push({ request, dataPoints }),
      skip: (skipped) => void collected.skipped.push(skipped),
      warn: (message) => void collected.warnings.push(message),
    },
  };
}

/** Everything of the spans and logs as data, whatever form their values have in memory. */
export function dump(collected: { readonly spans: readonly RawSpan[]; readonly logs: readonly RawLog[] }): unknown {
  return {
    spans: collected.spans.map((span) => JSON.parse(spanToJson(span)) as unknown),
    logs: collected.logs.map((log) => JSON.parse(Buffer.concat([...encodeOtlpJson([], [log])]).toString()) as unknown),
  };
}

/** A message as its definition names it; bytes are Uint8Array, 64-bit numbers decimal strings. */
export type Model = { readonly [key: string]: ModelValue };
export type ModelValue = string | number | boolean | Uint8Array | Model | readonly ModelValue[];

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    '"',
    '\\',
    '\n',
    '"\\u0041',
    '[{"role":"user","content":"a\\n\\"b\\""}]',
    '😀',
    '\u0000',
    'é'.repeat(90),
  ),
  fc.string({ maxLength: 300 }),
);
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(String);
const count = fc.oneof(fc.constant(0), fc.nat({ max: 0xffff_ffff }));
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((value) => (value.some((byte) => byte !== 0) ? value : value.fill(1)));

const { value: anyValue } = fc.letrec<{ value: Model; list: Model; map: Model }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(String) }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 20 }) }),
    fc.constant({}),
    fc.record({ arrayValue: tie('list') }),
    fc.record({ kvlistValue: tie('map') }),
  ),
  list: fc.record({ values: fc.array(tie('value'), { maxLength: 4 }) }),
  map: fc.record({ values: fc.array(fc.record({ key: text, value: tie('value') }), { maxLength: 4 }) }),
}));

const attributes = fc.array(fc.record({ key: text, value: anyValue }), { maxLength: 6 });
const resource = fc.record({ attributes, droppedAttributesCount: count });
const scope = fc.record({ name: text, version: text, attributes, droppedAttributesCount: count });
const event = fc.record({ timeUnixNano: uint64, name: text, attributes, droppedAttributesCount: count });
const link = fc.record({
  traceId: bytes(16),
  spanId: bytes(8),
  traceState: text,
  attributes,
  droppedAttributesCount: count,
  flags: count,
});
const span = fc.record({
  traceId: bytes(16),
  spanId: bytes(8),
  traceState: text,
  parentSpanId: fc.oneof(bytes(8), fc.constant(new Uint8Array(0))),
  flags: count,
  name: text,
  kind: fc.integer({ min: 0, max: 5 }),
  startTimeUnixNano: uint64,
  endTimeUnixNano: fc.constantFrom('1', '18446744073709551615', '1763900000123456789'),
  attributes,
  droppedAttributesCount: count,
  events: fc.array(event, { maxLength: 3 }),
  droppedEventsCount: count,
  links: fc.array(link, { maxLength: 2 }),
  droppedLinksCount: count,
  status: fc.record({ message: text, code: fc.integer({ min: 0, max: 2 }) }),
});
const log = fc.record({
  timeUnixNano: uint64,
  observedTimeUnixNano: uint64,
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: text,
  body: anyValue,
  attributes,
  droppedAttributesCount: count,
  flags: count,
  traceId: fc.oneof(bytes(16), fc.constant(new Uint8Array(0))),
  spanId: fc.oneof(bytes(8), fc.constant(new Uint8Array(0))),
  eventName: text,
});

export const traceRequest: fc.Arbitrary<Model> = fc.record({
  resourceSpans: fc.array(
    fc.record({
      resource,
      scopeSpans: fc.array(fc.record({ scope, spans: fc.array(span, { maxLength: 3 }), schemaUrl: text }), {
        maxLength: 3,
      }),
      schemaUrl: text,
    }),
    { maxLength: 2 },
  ),
});
export const logsRequest: fc.Arbitrary<Model> = fc.record({
  resourceLogs: fc.array(
    fc.record({
      resource,
      scopeLogs: fc.array(fc.record({ scope, logRecords: fc.array(log, { maxLength: 3 }), schemaUrl: text }), {
        maxLength: 3,
      }),
      schemaUrl: text,
    }),
    { maxLength: 2 },
  ),
});

/** The ways in which writers of OTLP JSON differ. */
export interface JsonStyle {
  readonly snakeCase: boolean;
  readonly ids: 'hex' | 'HEX' | 'base64' | 'double';
  readonly enumNames: boolean;
  readonly numbers64: boolean;
  readonly reversedKeys: boolean;
  readonly indent: number;
  /** Non-ASCII characters as \u escapes, as Python writes them. */
  readonly ascii: boolean;
}

export const jsonStyle: fc.Arbitrary<JsonStyle> = fc.record({
  snakeCase: fc.boolean(),
  ids: fc.constantFrom<JsonStyle['ids'][]>('hex', 'HEX', 'base64', 'double'),
  enumNames: fc.boolean(),
  numbers64: fc.boolean(),
  reversedKeys: fc.boolean(),
  indent: fc.constantFrom(0, 2),
  ascii: fc.boolean(),
});

export const plainStyle: JsonStyle = {
  snakeCase: false,
  ids: 'hex',
  enumNames: false,
  numbers64: false,
  reversedKeys: false,
  indent: 0,
  ascii: false,
};

const enums: Readonly<Record<string, readonly string[]>> = {
  kind: [
    'SPAN_KIND_UNSPECIFIED',
    'SPAN_KIND_INTERNAL',
    'SPAN_KIND_SERVER',
    'SPAN_KIND_CLIENT',
    'SPAN_KIND_PRODUCER',
    'SPAN_KIND_CONSUMER',
  ],
  code: ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'],
};

export function toJson(message: Model, style: JsonStyle): string {
  const json = JSON.stringify(convert('', message, style), undefined, style.indent).replaceAll(
    /"@number:(-?\d+)"/g,
    '$1',
  );
  return style.ascii
    ? json.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json;
}

function convert(key: string, value: ModelValue, style: JsonStyle): unknown {
  if (value instanceof Uint8Array)
    return key.endsWith('Id') ? idText(value, style.ids) : Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map((item: ModelValue) => convert(key, item, style));
  if (typeof value === 'object') {
    const entries = Object.entries(value as Model).map(([name, item]): [string, unknown] => [
      style.snakeCase ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name,
      convert(name, item, style),
    ]);
    return Object.fromEntries(style.reversedKeys ? entries.toReversed() : entries);
  }
  if (typeof value === 'number' && key === 'doubleValue')
    return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : value) : String(value);
  if (typeof value === 'number' && style.enumNames) return enums[key]?.[value] ?? value;
  if (style.numbers64 && (key === 'intValue' || key.endsWith('UnixNano'))) return `@number:${String(value)}`;
  return value;
}

function idText(bytes: Uint8Array, ids: JsonStyle['ids']): string {
  const hex = Buffer.from(bytes).toString('hex');
  switch (ids) {
    case 'hex':
      return hex;
    case 'HEX':
      return hex.toUpperCase();
    case 'base64':
      return Buffer.from(bytes).toString('base64');
    case 'double':
      return Buffer.from(hex, 'base64').toString('hex');
  }
}
