import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catalogueTest } from './catalogue-pattern.ts';

const published = [
  String.raw`^(?!.*-[tT][tT][sS](?:$|-))`,
  String.raw`^(?![^/]+/)(?:labs-)?(?:(?:mi|code|dev|magi|mini)stral|mixtral|pixtral)`,
  String.raw`^grok-4\.5-\d{8}$`,
  String.raw`(?:mi|code)stral`,
  String.raw`^(?!a)(?![)b\]])c*[)|]?x`,
];

test.each(published)('%s means what it means to a RegExp', (source) => {
  const [ours, theirs] = [catalogueTest(source), new RegExp(source)];
  const pieces = fc.constantFrom(
    'gemini',
    '-tts',
    '-TTS',
    '-',
    '/',
    'mistral',
    'labs-',
    'a',
    'b',
    'c',
    'x',
    ')',
    '|',
    'grok-4.5-20260101',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 5 }), (parts) => {
      expect(ours(parts.join(''))).toBe(theirs.test(parts.join('')));
    }),
  );
});

test.each(['a(?!b)', '^(?!a)b|c', '^(?<=a)b', String.raw`(a)\1`, '^(?!a', '('])(
  '%s cannot be tested in linear time: it is refused',
  (source) => {
    expect(() => catalogueTest(source)).toThrow('cannot be used');
  },
);

test('a pattern that takes a RegExp for ever takes no time here', () => {
  expect(catalogueTest('^(?!x)([a-z ]+)*!!')('a'.repeat(100_000))).toBe(false);
});
