import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unescapeJson, unescapeSimple } from './json-text.ts';

/** The inside of a JSON literal, in a longer buffer. */
function inside(text: string): { readonly buffer: Buffer; readonly start: number; readonly end: number } {
  const buffer = Buffer.from(`"before\\\\${JSON.stringify(text).slice(1, -1)}\\nafter"`);
  const start = '"before\\\\'.length;
  return { buffer, start, end: buffer.length - '\\nafter"'.length };
}

const longText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom('a line\n', '\ttab', 'a "quote"', 'C:\\temp\\u', '\\', '/', '\u0001', 'ä€😀'),
    ),
    { minLength: 1, maxLength: 80 },
  )
  .map((parts) => parts.join(''));

test('a literal of any length is the text that was written', () => {
  fc.assert(
    fc.property(longText, (text) => {
      const { buffer, start, end } = inside(text);
      expect(unescapeJson(buffer, start, end).toString()).toBe(text.toWellFormed());
      const simple = unescapeSimple(buffer, start, end);
      if (simple) expect(simple.toString()).toBe(text);
    }),
    { numRuns: 500 },
  );
});

test('what is no literal of JSON, or has escapes with a number, is not read as one', () => {
  const simple = (text: string): string | undefined => {
    const buffer = Buffer.from(text);
    return unescapeSimple(buffer, 0, buffer.length)?.toString();
  };
  const long = 'x'.repeat(300);
  expect(simple(`${long}\\n`)).toBe(`${long}\n`);
  for (const odd of ['\\q', '\\u0041', '\\ud83d', '"', '" ', '\n', '\\'])
    expect(simple(long + odd), JSON.stringify(odd)).toBeUndefined();
  expect(simple('short\\n')).toBeUndefined();
});
