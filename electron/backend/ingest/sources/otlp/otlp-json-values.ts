import {
  anyArray,
  anyBool,
  anyBytes,
  anyDouble,
  anyInt,
  anyMap,
  anyString,
  emptyValue,
} from '../../../telemetry/any-value.ts';
import { ProtobufWriter, wireBytes } from '../../../telemetry/protobuf.ts';
import { maximumDepth } from '../../../telemetry/raw-span.ts';
import type { RawValue, TextRange } from '../../../telemetry/raw-span.ts';
import { EarlierTexts } from '../reading/earlier-texts.ts';
import type { JsonScanner } from '../reading/json-scanner.ts';
import type { ItemBudget } from './item-budget.ts';
import { RefusedItem } from './malformed.ts';

const openBrace = 0x7b;
const openBracket = 0x5b;
const quote = 0x22;
const listItem = 1 * 8 + wireBytes;
const keyField = 1 * 8 + wireBytes;
const valueField = 2 * 8 + wireBytes;
const trueValue: RawValue = { form: 'any', bytes: Buffer.from([anyBool, 1]) };
const falseValue: RawValue = { form: 'any', bytes: Buffer.from([anyBool, 0]) };

/** Only `null` begins with n. */
export const isNull = (scanner: JsonScanner): boolean => scanner.peek() === 0x6e;

/** Reads AnyValues of OTLP JSON. Throws like OtlpJsonItems. */
export class OtlpJsonValues {
  private readonly scanner: JsonScanner;
  private readonly budget: ItemBudget;
  private readonly writer = new ProtobufWriter();
  private readonly earlier = new EarlierTexts();
  /** Of the value that is read. */
  private key = '';
  /** Set when a value was not of its announced type and was kept as text. */
  mistyped: string | undefined;

  constructor(scanner: JsonScanner, budget: ItemBudget) {
    this.scanner = scanner;
    this.budget = budget;
  }

  /** An AnyValue: strings stay where they are, the rest is encoded. Bare scalars and lists are accepted. `key`: its attribute's, where that is known. */
  value(key = ''): RawValue {
    this.writer.reset();
    this.key = key;
    const text = this.anyValue(0);
    if (text !== undefined) return text;
    switch (this.writer.size) {
      case 0:
        return emptyValue;
      case 2: {
        const bytes = this.writer.finish();
        if (bytes[0] !== anyBool) return { form: 'any', bytes };
        return bytes[1] === 0 ? falseValue : trueValue;
      }
      default:
        return { form: 'any', bytes: this.writer.finish() };
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
      if (kind === 0 || isNull(scanner)) {
        scanner.skipValue();
        continue;
      }
      // oneof: the last one set wins.
      writer.truncate(size);
      text = undefined;
      switch (kind) {
        case anyString:
          text = this.stringValue(depth);
          break;
        case anyBool:
          this.boolValue();
          break;
        case anyInt:
          this.intValue();
          break;
        case anyDouble:
          this.doubleValue();
          break;
        case anyArray:
          this.inValues((first) => {
            if (first) this.arrayItems(depth);
            else scanner.skipValue();
          }, anyArray);
          break;
        case anyMap:
          this.inValues((first) => {
            if (first) this.mapEntries(depth);
            else scanner.skipValue();
          }, anyMap);
          break;
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
      if (key === 'values' && !isNull(scanner)) {
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
    if (depth === 0) return this.textRange();
    if (!scanner.scalar()) throw new RefusedItem('stringValue is not a string');
    writer.varint(anyString);
    writer.bytes(scanner.unescaped());
    return undefined;
  }

  private textRange(): TextRange {
    const { scanner, key } = this;
    const isString = scanner.peek() === quote;
    const earlier = isString ? this.earlier.like(key, scanner.buffer, scanner.position + 1) : undefined;
    if (earlier !== undefined) scanner.stringLike(earlier);
    else if (!scanner.scalar()) throw new RefusedItem('stringValue is not a string');
    const text: TextRange = {
      form: 'text',
      buffer: scanner.buffer,
      start: scanner.textStart,
      end: scanner.textEnd,
      escaped: scanner.textEscaped,
    };
    if (isString) this.earlier.add(key, text);
    return text;
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

  private object(read: (key: string) => void): void {
    const { scanner } = this;
    if (!scanner.openObject()) throw new RefusedItem('found something else where a JSON object is expected');
    for (let key = scanner.nextKey(true); key !== undefined; key = scanner.nextKey(false)) read(key);
  }
}

/** The AnyValue field of a JSON key; 0 for others. */
function valueKind(key: string): number {
  switch (key) {
    case 'stringValue':
    case 'string_value':
      return anyString;
    case 'boolValue':
    case 'bool_value':
      return anyBool;
    case 'intValue':
    case 'int_value':
      return anyInt;
    case 'doubleValue':
    case 'double_value':
      return anyDouble;
    case 'arrayValue':
    case 'array_value':
      return anyArray;
    case 'kvlistValue':
    case 'kvlist_value':
      return anyMap;
    case 'bytesValue':
    case 'bytes_value':
      return anyBytes;
    default:
      return 0;
  }
}

/** Decimal text in the range of int64; undefined for anything else. */
function parseInteger(text: string): number | bigint | undefined {
  if (text.length <= 15) return /^-?\d+$/.test(text) && text !== '-0' ? Number(text) : undefined;
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
