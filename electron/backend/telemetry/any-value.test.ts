import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, checkAnyValue, decodeAnyValue, decodeValue, encodeValue, textOf } from './any-value.ts';
import { isJsonText, unescapeJson } from './json-text.ts';
import { MalformedProtobuf, ProtobufReader, ProtobufWriter, wireBytes, wireFixed64, wireVarint } from './protobuf.ts';
import type { AttributeValue } from './span-view.ts';

const { value: attributeValue } = fc.letrec<{
  value: AttributeValue;
  list: readonly AttributeValue[];
  map: ReadonlyMap<string, AttributeValue>;
}>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.double().filter((value) => !Number.isSafeInteger(value) || Object.is(value, -0)),
    fc.boolean(),
    fc.uint8Array({ maxLength: 10 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(undefined),
    tie('list'),
    tie('map'),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }).map((object) => new Map(Object.entries(object))),
}));

describe('AnyValue', () => {
  test('every value comes back as it was', () => {
    fc.assert(
      fc.property(attributeValue, (value) => {
        const raw = encodeValue(value);
        expect(decodeValue(raw)).toEqual(value);
        if (raw.form === 'any') checkAnyValue(new ProtobufReader(raw.bytes));
      }),
      { numRuns: 500 },
    );
  });

  test('figures: NaN, infinities, both ends of int64', () => {
    for (const value of [
      Number.NaN,
      Infinity,
      -Infinity,
      -0,
      0,
      -1,
      2 ** 53 - 1,
      1 - 2 ** 53,
      2n ** 63n - 1n,
      -(2n ** 63n),
      2 ** 60 + 0.5,
    ])
      expect(decodeValue(encodeValue(value))).toBe(value);
  });

  test('nesting beyond 100 is refused both ways', () => {
    const nest = (depth: number): AttributeValue => (depth === 0 ? 'end' : [nest(depth - 1)]);
    expect(decodeValue(encodeValue(nest(100)))).toEqual(nest(100));
    expect(() => encodeValue(nest(101))).toThrow(RangeError);
  });

  test('any bytes at all give a value or MalformedProtobuf', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeAnyValue(Buffer.from(bytes));
          checkAnyValue(new ProtobufReader(Buffer.from(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedProtobuf);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('protobuf', () => {
  test('numbers of every size come back', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.double(),
        fc.nat({ max: 0xffff_ffff }),
        (integer, double, count) => {
          const writer = new ProtobufWriter(1);
          writer.tag(1, wireVarint);
          writer.int64(integer);
          writer.tag(2, wireFixed64);
          writer.fixed64(BigInt.asUintN(64, integer));
          writer.tag(3, wireFixed64);
          writer.double(double);
          writer.tag(100_000, wireVarint);
          writer.varint(count);
          const reader = new ProtobufReader(writer.finish());
          expect(reader.tag()).toBe(8);
          expect(BigInt(reader.int64())).toBe(integer);
          expect([reader.tag(), reader.fixed64()]).toEqual([17, BigInt.asUintN(64, integer)]);
          expect([reader.tag(), reader.double()]).toEqual([25, double]);
          expect([reader.tag(), reader.uint32()]).toEqual([800_000, count]);
          expect(reader.more()).toBe(false);
        },
      ),
    );
  });

  test('nested messages of any length get their length', () => {
    for (const length of [0, 1, 127, 128, 16_383, 16_384, 2_097_152]) {
      const writer = new ProtobufWriter(8);
      writer.tag(1, wireBytes);
      const outer = writer.open();
      writer.tag(2, wireBytes);
      writer.bytes(Buffer.alloc(length, 7));
      writer.close(outer);
      writer.tag(3, wireVarint);
      writer.varint(9);
      const reader = new ProtobufReader(writer.finish());
      expect(reader.tag()).toBe(10);
      const end = reader.enter();
      expect(reader.tag()).toBe(18);
      expect(reader.bytes()).toEqual(Buffer.alloc(length, 7));
      reader.leave(end);
      expect([reader.tag(), reader.unsigned()]).toEqual([24, 9]);
    }
  });

  test('a length beyond the end, an endless number and field 0 are refused', () => {
    expect(() => new ProtobufReader(Buffer.from([5, 1])).bytes()).toThrow(/field of 5 bytes is cut off at byte 0/);
    expect(() => new ProtobufReader(Buffer.alloc(11, 0xff)).unsigned()).toThrow(/longer than 10 bytes/);
    expect(() => new ProtobufReader(Buffer.from([0x80])).unsigned()).toThrow(/cut off/);
    expect(() => new ProtobufReader(Buffer.from([0x02])).tag()).toThrow(/invalid field number/);
    expect(() => new ProtobufReader(Buffer.from([1, 2, 3])).fixed64()).toThrow(/cut off/);
    expect(() => new ProtobufReader(Buffer.from([0x0b])).skip(0x0b)).toThrow(/wire type 3/);
  });
});

describe('JSON text', () => {
  test('unescapes as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, ascii) => {
        const inside = JSON.stringify(text)
          .slice(1, -1)
          .replaceAll(/[\u0080-\uffff]/g, (unit) =>
            ascii ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : unit,
          );
        const buffer = Buffer.from(`xx${inside}\\u0041`);
        const range = { form: 'text', buffer, start: 2, end: buffer.length - 6, escaped: true } as const;
        expect(textOf(range)).toBe(text);
        expect(bytesOf(range).equals(Buffer.from(text))).toBe(true);
        expect(isJsonText(buffer, range.start, range.end)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('what is no proper escape is kept, half a surrogate pair becomes U+FFFD', () => {
    const unescape = (text: string): string => unescapeJson(Buffer.from(text), 0, Buffer.byteLength(text)).toString();
    expect(unescape(String.raw`\q \u12 \ud800x \udc00 \ud83d\ude00 \ud83d\u0041 end` + '\\')).toBe(
      '\\q \\u12 \uFFFDx \uFFFD 😀 \uFFFDA end\\',
    );
    for (const [text, valid] of [
      ['\\q', false],
      ['"', false],
      ['\n', false],
      ['\\', false],
      ['\\u12', false],
      ['\\u12aF\\/', true],
      ['é', true],
    ] as const)
      expect(isJsonText(Buffer.from(text), 0, Buffer.byteLength(text)), text).toBe(valid);
  });
});
