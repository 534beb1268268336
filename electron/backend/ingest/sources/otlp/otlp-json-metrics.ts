import { ProtobufWriter, wireBytes, wireFixed32, wireFixed64, wireVarint } from '../../../telemetry/protobuf.ts';
import { maximumDepth } from '../../../telemetry/raw-span.ts';
import type { JsonScanner } from '../reading/json-scanner.ts';
import { idFromText } from './ids.ts';
import { RefusedItem } from './malformed.ts';

/**
 * OTLP JSON metrics written as protobuf, so that metrics are kept in one form. Driven by the message definitions of
 * opentelemetry-proto 1.11 (metrics/v1, common/v1, resource/v1): nothing of a metric is interpreted.
 */
type Kind =
  | 'text'
  | 'bytes'
  | 'hex8'
  | 'hex16'
  | 'double'
  | 'fixed64'
  | 'sfixed64'
  | 'fixed32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'sint32'
  | 'bool'
  | 'enum';
interface Field {
  readonly number: number;
  readonly kind: Kind | (() => Message);
  readonly repeated: boolean;
}
type Message = ReadonlyMap<string, Field>;

const one = (number: number, kind: Field['kind']): Field => ({ number, kind, repeated: false });
const many = (number: number, kind: Field['kind']): Field => ({ number, kind, repeated: true });
const message = (fields: Readonly<Record<string, Field>>): Message => new Map(Object.entries(fields));

const anyValue: Message = message({
  stringValue: one(1, 'text'),
  boolValue: one(2, 'bool'),
  intValue: one(3, 'int64'),
  doubleValue: one(4, 'double'),
  arrayValue: one(5, () => arrayValue),
  kvlistValue: one(6, () => keyValueList),
  bytesValue: one(7, 'bytes'),
});
const arrayValue: Message = message({ values: many(1, () => anyValue) });
const keyValue: Message = message({ key: one(1, 'text'), value: one(2, () => anyValue) });
const keyValueList: Message = message({ values: many(1, () => keyValue) });
const attributes = (number: number): Field => many(number, () => keyValue);
const resource: Message = message({ attributes: attributes(1), droppedAttributesCount: one(2, 'uint32') });
const scope: Message = message({
  name: one(1, 'text'),
  version: one(2, 'text'),
  attributes: attributes(3),
  droppedAttributesCount: one(4, 'uint32'),
});
const exemplar: Message = message({
  filteredAttributes: attributes(7),
  timeUnixNano: one(2, 'fixed64'),
  asDouble: one(3, 'double'),
  asInt: one(6, 'sfixed64'),
  spanId: one(4, 'hex8'),
  traceId: one(5, 'hex16'),
});
const times = { startTimeUnixNano: one(2, 'fixed64'), timeUnixNano: one(3, 'fixed64') } as const;
const numberPoint: Message = message({
  attributes: attributes(7),
  ...times,
  asDouble: one(4, 'double'),
  asInt: one(6, 'sfixed64'),
  exemplars: many(5, () => exemplar),
  flags: one(8, 'uint32'),
});
const histogramPoint: Message = message({
  attributes: attributes(9),
  ...times,
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  bucketCounts: many(6, 'fixed64'),
  explicitBounds: many(7, 'double'),
  exemplars: many(8, () => exemplar),
  flags: one(10, 'uint32'),
  min: one(11, 'double'),
  max: one(12, 'double'),
});
const buckets: Message = message({ offset: one(1, 'sint32'), bucketCounts: many(2, 'uint64') });
const exponentialPoint: Message = message({
  attributes: attributes(1),
  ...times,
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  scale: one(6, 'sint32'),
  zeroCount: one(7, 'fixed64'),
  positive: one(8, () => buckets),
  negative: one(9, () => buckets),
  flags: one(10, 'uint32'),
  exemplars: many(11, () => exemplar),
  min: one(12, 'double'),
  max: one(13, 'double'),
  zeroThreshold: one(14, 'double'),
});
const quantile: Message = message({ quantile: one(1, 'double'), value: one(2, 'double') });
const summaryPoint: Message = message({
  attributes: attributes(7),
  ...times,
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  quantileValues: many(6, () => quantile),
  flags: one(8, 'uint32'),
});
const data = (point: Message, temporal: boolean): Message =>
  message({
    dataPoints: many(1, () => point),
    ...(temporal ? { aggregationTemporality: one(2, 'enum'), isMonotonic: one(3, 'bool') } : {}),
  });
const metric: Message = message({
  name: one(1, 'text'),
  description: one(2, 'text'),
  unit: one(3, 'text'),
  gauge: one(5, () => data(numberPoint, false)),
  sum: one(7, () => data(numberPoint, true)),
  histogram: one(9, () => data(histogramPoint, true)),
  exponentialHistogram: one(10, () => data(exponentialPoint, true)),
  summary: one(11, () => data(summaryPoint, false)),
  metadata: attributes(12),
});
const scopeMetrics: Message = message({
  scope: one(1, () => scope),
  metrics: many(2, () => metric),
  schemaUrl: one(3, 'text'),
});
const resourceMetrics: Message = message({
  resource: one(1, () => resource),
  scopeMetrics: many(2, () => scopeMetrics),
  schemaUrl: one(3, 'text'),
});

const temporality = new Map([
  ['AGGREGATION_TEMPORALITY_UNSPECIFIED', 0],
  ['AGGREGATION_TEMPORALITY_DELTA', 1],
  ['AGGREGATION_TEMPORALITY_CUMULATIVE', 2],
]);
const camelCase = (key: string): string =>
  key.includes('_') ? key.replaceAll(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()) : key;

/**
 * Reads one ResourceMetrics at the scanner and gives it as an encoded ExportMetricsServiceRequest.
 * Throws RefusedItem, MalformedJson or `needMore` like the other items.
 */
export function readResourceMetrics(scanner: JsonScanner): Buffer {
  const writer = new ProtobufWriter();
  writer.tag(1, wireBytes);
  const start = writer.open();
  writeMessage(scanner, writer, resourceMetrics, 0);
  writer.close(start);
  return writer.finish();
}

function writeMessage(scanner: JsonScanner, writer: ProtobufWriter, fields: Message, depth: number): void {
  // A value inside a value takes two messages (AnyValue, list).
  if (depth > maximumDepth * 2 + 20) throw new RefusedItem(`nested deeper than ${maximumDepth}`);
  if (!scanner.openObject()) {
    if (scanner.peek() !== 0x6e) throw new RefusedItem('found something else where a JSON object is expected');
    scanner.skipValue();
    return;
  }
  for (let key = scanner.nextKey(true); key !== undefined; key = scanner.nextKey(false)) {
    const field = fields.get(camelCase(key));
    if (field === undefined || scanner.peek() === 0x6e) scanner.skipValue();
    else if (!field.repeated) writeField(scanner, writer, field, depth);
    else if (!scanner.openArray()) throw new RefusedItem(`${key} is not a list`);
    else
      for (let more = scanner.nextElement(true); more; more = scanner.nextElement(false))
        writeField(scanner, writer, field, depth);
  }
}

function writeField(scanner: JsonScanner, writer: ProtobufWriter, field: Field, depth: number): void {
  if (typeof field.kind === 'function') {
    writer.tag(field.number, wireBytes);
    const start = writer.open();
    writeMessage(scanner, writer, field.kind(), depth + 1);
    writer.close(start);
    return;
  }
  if (!scanner.scalar()) throw new RefusedItem('found a structure where a single value is expected');
  const text = scanner.text();
  switch (field.kind) {
    case 'text':
      writer.tag(field.number, wireBytes);
      writer.bytes(scanner.unescaped());
      return;
    case 'bytes':
      writer.tag(field.number, wireBytes);
      writer.bytes(Buffer.from(text, 'base64'));
      return;
    case 'hex8':
    case 'hex16': {
      const id = idFromText(text, field.kind === 'hex8' ? 8 : 16, 'id of an exemplar');
      if (id === undefined) return;
      writer.tag(field.number, wireBytes);
      writer.bytes(Buffer.from(id, 'hex'));
      return;
    }
    case 'double':
      writer.tag(field.number, wireFixed64);
      writer.double(Number(text));
      return;
    case 'fixed64':
    case 'sfixed64':
      writer.tag(field.number, wireFixed64);
      writer.fixed64(integer(text));
      return;
    case 'fixed32':
      writer.tag(field.number, wireFixed32);
      writer.fixed32(Number(BigInt.asUintN(32, integer(text))));
      return;
    case 'uint32':
    case 'int64':
    case 'uint64':
      writer.tag(field.number, wireVarint);
      writer.int64(integer(text));
      return;
    case 'sint32': {
      const value = integer(text);
      writer.tag(field.number, wireVarint);
      writer.int64(value < 0n ? -value * 2n - 1n : value * 2n);
      return;
    }
    case 'bool':
      writer.tag(field.number, wireVarint);
      writer.varint(text === 'true' ? 1 : 0);
      return;
    case 'enum':
      writer.tag(field.number, wireVarint);
      writer.int64(temporality.get(text) ?? integer(text));
  }
}

function integer(text: string): bigint {
  if (/^-?\d{1,20}$/.test(text)) return BigInt(text);
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || Math.abs(value) >= 2 ** 64)
    throw new RefusedItem(`${JSON.stringify(text.slice(0, 40))} is not a 64-bit integer`);
  return BigInt(Math.trunc(value));
}
