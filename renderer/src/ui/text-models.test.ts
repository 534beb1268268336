import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipText } from './clip-text.ts';
import { indentJson, jsonTokens } from './json-tokens.ts';

describe('JSON colouring', () => {
  it('names keys, strings, numbers and words', () => {
    expect(
      jsonTokens('{"cmd": "npm \\"x\\"", "n": -1.5e3, "ok": true}').filter(
        (token) => token.kind !== 'space' && token.kind !== 'punctuation',
      ),
    ).toEqual([
      { kind: 'key', text: '"cmd"' },
      { kind: 'string', text: '"npm \\"x\\""' },
      { kind: 'key', text: '"n"' },
      { kind: 'number', text: '-1.5e3' },
      { kind: 'key', text: '"ok"' },
      { kind: 'word', text: 'true' },
    ]);
  });

  it('never loses or changes a character, valid JSON or not', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
        (text) =>
          jsonTokens(text)
            .map((token) => token.text)
            .join('') === text,
      ),
    );
  });

  it('reads a long unclosed string to its end', () => {
    const text = `{"a": "${'\\"'.repeat(500_000)}`;
    // Looking for the end of it again at each quote would be 10^12 steps, and not end before the test's limit.
    expect(
      jsonTokens(text)
        .map((token) => token.text)
        .join(''),
    ).toBe(text);
  });
});

describe('JSON on lines', () => {
  it('indents without touching a value', () => {
    expect(indentJson('{"a":[1,{"b":0.10}],"c":{},"a":12345678901234567890}')).toBe(
      '{\n  "a": [\n    1,\n    {\n      "b": 0.10\n    }\n  ],\n  "c": {},\n  "a": 12345678901234567890\n}',
    );
  });

  it('keeps every value of any JSON', () => {
    fc.assert(
      fc.property(
        fc.json(),
        (text) => JSON.stringify(JSON.parse(indentJson(text))) === JSON.stringify(JSON.parse(text)),
      ),
    );
  });
});

describe('clipping', () => {
  it('shows short text whole', () => {
    expect(clipText('a\nb', 20_000, 40)).toEqual({ shown: 'a\nb', hiddenCharacters: 0, hiddenLines: 0 });
  });

  it('cuts at a line and names the rest', () => {
    const text = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n');
    const clip = clipText(text, 20_000, 40);
    expect(clip.shown.split('\n')).toHaveLength(40);
    expect(clip.hiddenLines).toBe(60);
    expect(clip.shown.length + clip.hiddenCharacters).toBe(text.length);
  });

  it('cuts one endless line without splitting a character', () => {
    const clip = clipText('😀'.repeat(20_000), 9_999, 40);
    expect(clip.shown.length).toBe(9_998);
    expect(clip.hiddenCharacters).toBe(40_000 - 9_998);
    expect(clip.hiddenLines).toBe(1);
  });
});
