import { unescapeJson } from './json-text.ts';
import { MalformedProtobuf, ProtobufReader, ProtobufWriter, wireBytes, wireFixed64, wireVarint } from './protobuf.ts';
import { maximumDepth } from './raw-span.ts';
import type { EncodedValue, RawValue, TextRange } from './raw-span.ts';
import type { AttributeValue } from './span-view.ts';

/**
 * `opentelemetry.proto.common.v1.AnyValue` and its values in the product.
 * Fields: string 1, bool 2, int64 3, double 4, array 5, key-value list 6, bytes 7; none set = empty value.
 */
export const anyString = 1 * 8 + wireBytes;
export const anyBool = 2 * 8 + wireVarint;
export const anyInt = 3 * 8 + wireVarint;
export const anyDouble = 4 * 8 + wireFixed64;
export const anyArray = 5 * 8 + wireBytes;
export const anyMap = 6 * 8 + wireBytes;
export const anyBytes = 7 * 8 + wireBytes;
const listItem = 1 * 8 + wireBytes;
const keyField = 1 * 8 + wireBytes;
const valueField = 2 * 8 + wireBytes;

export const emptyValue: EncodedValue = { form: 'any', bytes: Buffer.alloc(0) };

/** Length in bytes is `end - start`; the text is decoded on each call. */
export function textOf(range: TextRange): string {
  if (!range.escaped) return range.buffer.toString('utf8', range.start, range.end);
  return unescapeJson(range.buffer, range.start, range.end).toString('utf8');
}

/** The text as plain UTF-8. A view on the range's buffer when nothing had to be unescaped. */
export function bytesOf(range: TextRange): Buffer {
  return range.escaped
    ? unescapeJson(range.buffer, range.start, range.end)
    : range.buffer.subarray(range.start, range.end);
}

/** A string as a text range of its own. */
export function textRange(text: string): TextRange {
  const buffer = Buffer.from(text);
  return { form: 'text', buffer, start: 0, end: buffer.length, escaped: false };
}

/** Any raw value as the product reads it. Throws MalformedProtobuf when encoded bytes are broken or nested too deep. */
export function decodeValue(value: RawValue): AttributeValue {
  return value.form === 'text' ? textOf(value) : decodeAnyValue(value.bytes);
}

/**
 * Decodes AnyValue bytes. Integers are numbers inside ±2^53, else bigints; key-value lists become Maps (the last of
 * duplicate keys wins); no value is undefined. Throws MalformedProtobuf on broken bytes or nesting beyond `maximumDepth`.
 */
export function decodeAnyValue(bytes: Buffer): AttributeValue {
  return readAnyValue(new ProtobufReader(bytes), 0);
}

function readAnyValue(reader: ProtobufReader, depth: number): AttributeValue {
  if (depth > maximumDepth) throw new MalformedProtobuf(`value nested deeper than ${maximumDepth}`, reader.position);
  let value: AttributeValue;
  while (reader.more()) {
    const tag = reader.tag();
    switch (tag) {
      case anyString:
        value = reader.text();
        break;
      case anyBool:
        value = reader.unsigned() !== 0;
        break;
      case anyInt:
        value = reader.int64();
        break;
      case anyDouble:
        value = reader.double();
        break;
      case anyArray:
        value = readList(reader, depth);
        break;
      case anyMap:
        value = readMap(reader, depth);
        break;
      case anyBytes:
        value = reader.bytes();
        break;
      default:
        reader.skip(tag);
    }
  }
  return value;
}

function readList(reader: ProtobufReader, depth: number): readonly AttributeValue[] {
  const items: AttributeValue[] = [];
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== listItem) {
      reader.skip(tag);
      continue;
    }
    const list = reader.enter();
    items.push(readAnyValue(reader, depth + 1));
    reader.leave(list);
  }
  reader.leave(outer);
  return items;
}

function readMap(reader: ProtobufReader, depth: number): ReadonlyMap<string, AttributeValue> {
  const entries = new Map<string, AttributeValue>();
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== listItem) {
      reader.skip(tag);
      continue;
    }
    const list = reader.enter();
    let key = '';
    let value: AttributeValue;
    while (reader.more()) {
      const field = reader.tag();
      if (field === keyField) key = reader.text();
      else if (field === valueField) {
        const pair = reader.enter();
        value = readAnyValue(reader, depth + 1);
        reader.leave(pair);
      } else reader.skip(field);
    }
    entries.set(key, value);
    reader.leave(list);
  }
  reader.leave(outer);
  return entries;
}

/**
 * Walks an AnyValue without decoding it, so that what is stored can always be read again.
 * Throws MalformedProtobuf on broken bytes or nesting beyond `maximumDepth`.
 */
export function checkAnyValue(reader: ProtobufReader, depth = 0): void {
  if (depth > maximumDepth) throw new MalformedProtobuf(`value nested deeper than ${maximumDepth}`, reader.position);
  while (reader.more()) {
    const tag = reader.tag();
    if (tag !== anyArray && tag !== anyMap) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    while (reader.more()) {
      const item = reader.tag();
      if (item !== listItem) {
        reader.skip(item);
        continue;
      }
      const list = reader.enter();
      if (tag === anyArray) checkAnyValue(reader, depth + 1);
      else checkKeyValue(reader, depth + 1);
      reader.leave(list);
    }
    reader.leave(outer);
  }
}

function checkKeyValue(reader: ProtobufReader, depth: number): void {
  while (reader.more()) {
    const field = reader.tag();
    if (field !== valueField) {
      reader.skip(field);
      continue;
    }
    const outer = reader.enter();
    checkAnyValue(reader, depth);
    reader.leave(outer);
  }
}

const scratch = new ProtobufWriter();

/**
 * The raw form of a value made in the product. Integral numbers inside ±2^53 are written as int64, others as double.
 * Throws RangeError when nested deeper than `maximumDepth`.
 */
export function encodeValue(value: AttributeValue): RawValue {
  if (typeof value === 'string') return textRange(value);
  scratch.reset();
  writeAnyValue(scratch, value, 0);
  return { form: 'any', bytes: scratch.finish() };
}

function writeAnyValue(writer: ProtobufWriter, value: AttributeValue, depth: number): void {
  if (depth > maximumDepth) throw new RangeError(`value nested deeper than ${maximumDepth}`);
  if (value === undefined) return;
  if (typeof value === 'string') {
    writer.varint(anyString);
    writer.text(value);
  } else if (typeof value === 'boolean') {
    writer.varint(anyBool);
    writer.varint(value ? 1 : 0);
  } else if (typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))) {
    writer.varint(anyInt);
    writer.int64(value as number | bigint);
  } else if (typeof value === 'number') {
    writer.varint(anyDouble);
    writer.double(value);
  } else if (value instanceof Uint8Array) {
    writer.varint(anyBytes);
    writer.bytes(value);
  } else if (value instanceof Map) {
    writer.varint(anyMap);
    const map = writer.open();
    for (const [key, item] of value as ReadonlyMap<string, AttributeValue>) {
      writer.varint(listItem);
      const entry = writer.open();
      writer.varint(keyField);
      writer.text(key);
      writer.varint(valueField);
      const inner = writer.open();
      writeAnyValue(writer, item, depth + 1);
      writer.close(inner);
      writer.close(entry);
    }
    writer.close(map);
  } else {
    writer.varint(anyArray);
    const list = writer.open();
    for (const item of value as readonly AttributeValue[]) {
      writer.varint(listItem);
      const inner = writer.open();
      writeAnyValue(writer, item, depth + 1);
      writer.close(inner);
    }
    writer.close(list);
  }
}
