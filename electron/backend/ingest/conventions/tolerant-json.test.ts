import fc from 'fast-check';
import { expect, test } from 'vitest';
import { looksCutOff, parseTolerantJson } from './tolerant-json.ts';

test.each([
  ['in a string', '[{"role":"user","content":"half a sent', [{ role: 'user', content: 'half a sent' }]],
  ['in a key', '{"a":1,"unfin', { a: 1 }],
  ['after a key', '{"a":1,"b"', { a: 1 }],
  ['after a colon', '{"a":1,"b":', { a: 1 }],
  ['in a number', '[1,2,3', [1, 2]],
  ['in a literal', '{"a":true,"b":fal', { a: true }],
  ['in an escape', '["a\\', ['a']],
  ['in a unicode escape', '["a\\u00e', ['a']],
  ['with a suffix', '[{"a":"b"}]...[TRUNCATED: original length 12345]', [{ a: 'b' }]],
  ['with a suffix in the text', '{"a":"bc...[truncated]', { a: 'bc...[truncated]' }],
  ['at once', '[', []],
])('cut off %s', (_, text, value) => {
  expect(parseTolerantJson(text)).toEqual({ value, truncated: true });
});

test.each(['plain text', "{'python': 'repr'}", '{]', '', 'tru', '<xml/>'])('no JSON: %s', (text) => {
  expect(parseTolerantJson(text)).toBeUndefined();
});

test('whole documents are read as they are; every prefix of one is read or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, cut) => {
      expect(parseTolerantJson(text)).toEqual({ value: JSON.parse(text) as unknown, truncated: false });
      parseTolerantJson(text.slice(0, cut % (text.length + 1)));
    }),
  );
});

test('a cut document is told at once', () => {
  expect([looksCutOff('[1,2'), looksCutOff(' {"a":1} '), looksCutOff('text')]).toEqual([true, false, false]);
});

test('nesting bombs and long cut strings are bounded', () => {
  expect(parseTolerantJson('['.repeat(1_000_000))).toBeUndefined();
  const found = parseTolerantJson(`["${'x'.repeat(10_000_000)}`);
  expect(found?.truncated).toBe(true);
});
