import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commonPrefix } from '../base/common-prefix.ts';
import { encodeValue } from '../telemetry/any-value.ts';
import { cutJson, cutList, listHead } from './pieces.ts';
import type { Pieces } from './pieces.ts';
import { escapedRange } from './telemetry.testing.ts';

function piecesOf(text: string, escaped = false): readonly string[] {
  const range = escaped
    ? escapedRange(text)
    : { buffer: Buffer.from(text), start: 0, end: Buffer.byteLength(text), escaped: false };
  const pieces: Pieces = { ends: [], nesting: [] };
  cutJson(range, pieces);
  const ends = [...pieces.ends, range.end - range.start];
  return ends.map((end, index) => {
    const source = range.buffer.toString('utf8', range.start + (ends[index - 1] ?? 0), range.start + end);
    return escaped ? (JSON.parse(`"${source}"`) as string) : source;
  });
}

const long = (word: string): string => word.repeat(Math.ceil(130 / word.length));

test('messages, their parts and tool definitions are pieces, whatever stands between them', () => {
  const parts = [
    { type: 'text', text: long('one ') },
    { type: 'text', text: long('"quoted" \\ ') },
  ];
  const messages = [
    { role: 'user', parts },
    { role: 'assistant', content: long('three ') },
  ];
  const tools = [{ name: 'a', description: long('tool ') }];
  for (const escaped of [false, true]) {
    expect(piecesOf(JSON.stringify(messages), escaped)).toEqual([
      '[',
      '{"role":"user","parts":[',
      JSON.stringify(parts[0]),
      ',',
      JSON.stringify(parts[1]),
      ']}',
      ',',
      JSON.stringify(messages[1]),
      ']',
    ]);
    expect(piecesOf(`[ ${messages.map((message) => JSON.stringify(message)).join(' ,\n')} ]`, escaped)[6]).toBe(' ,\n');
    expect(piecesOf(JSON.stringify({ model: 'm', messages: [messages[1]], tools }), escaped)).toEqual([
      '{"model":"m","messages":[',
      JSON.stringify(messages[1]),
      '],"tools":[',
      JSON.stringify(tools[0]),
      ']}',
    ]);
  }
});

test('small neighbours stay together, numbers are no pieces', () => {
  const small = JSON.stringify(Array.from({ length: 100 }, (_, index) => ({ role: 'user', content: `${index}` })));
  const pieces = piecesOf(small);
  expect(pieces.length).toBeGreaterThan(4);
  for (const piece of pieces.slice(0, -1)) expect(piece.length).toBeGreaterThanOrEqual(512);
  expect(piecesOf(JSON.stringify(Array.from({ length: 5_000 }, (_, index) => index / 7)))).toHaveLength(1);
});

test('every large message is a piece or begins and ends one, also when cutting goes on in the middle', () => {
  const message = fc.record({
    role: fc.constantFrom('user', 'tool'),
    parts: fc.array(fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 300 }) }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      fc.nat(),
      (messages, escaped, chosen) => {
        const sources = messages.map((item) =>
          escaped ? JSON.stringify(JSON.stringify(item)).slice(1, -1) : JSON.stringify(item),
        );
        const text = JSON.stringify(messages);
        const range = escaped
          ? escapedRange(text)
          : { buffer: Buffer.from(text), start: 0, end: Buffer.byteLength(text), escaped: false };
        const whole: Pieces = { ends: [], nesting: [] };
        cutJson(range, whole);
        const kept = chosen % (whole.ends.length + 1);
        const resumed: Pieces = { ends: whole.ends.slice(0, kept), nesting: whole.nesting.slice(0, kept) };
        cutJson(range, resumed);
        let at = 1;
        for (const source of sources) {
          const end = at + Buffer.byteLength(source);
          for (const { ends } of [whole, resumed]) {
            expect(ends).toEqual(ends.toSorted((left, right) => left - right));
            if (end - at >= 128) expect(ends).toEqual(expect.arrayContaining([at, end]));
          }
          at = end + 1;
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('hostile nesting is walked, not recursed into', () => {
  for (const text of ['['.repeat(1_000_000), '[{"a":'.repeat(200_000), `[${'"'.repeat(99_999)}`, '\\'.repeat(100_001)])
    expect(piecesOf(text).join('')).toBe(text);
});

test('an encoded list is cut at its items', () => {
  const value = encodeValue([long('one '), 1, 2, new Map([['a', long('two ')]])]);
  if (value.form !== 'any') throw new Error('not encoded');
  const head = listHead(value.bytes);
  if (head === undefined) throw new Error('no list');
  const pieces: Pieces = { ends: [], nesting: [] };
  cutList({ buffer: value.bytes, start: head, end: value.bytes.length, escaped: false }, pieces);
  expect(pieces.ends).toHaveLength(3);
  expect(listHead(value.bytes.subarray(0, -1))).toBeUndefined();
  expect(listHead(Buffer.from([0x0a, 1, 65]))).toBeUndefined();
});

test('the common prefix is exact', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 65_000, max: 66_000 }).map((length) => new Uint8Array(length)),
      ),
      fc.uint8Array({ maxLength: 50 }),
      fc.uint8Array({ maxLength: 50 }),
      (same, left, right) => {
        const a = Buffer.concat([same, left]);
        const b = Buffer.concat([Buffer.from('xx'), same, right]);
        let expected = 0;
        while (expected < a.length && expected < b.length - 2 && a[expected] === b[expected + 2]) expected++;
        expect(commonPrefix(a, 0, a.length, b, 2, b.length)).toBe(expected);
      },
    ),
  );
});
