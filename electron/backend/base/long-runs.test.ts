import fc from 'fast-check';
import { expect, test } from 'vitest';
import { base64Signs, keySigns, longRuns, matchesAtRuns } from './long-runs.ts';

const pieces = fc.constantFrom(
  'abcdefgh',
  'Z',
  '09',
  '+/',
  '_-',
  '=',
  '.',
  ':',
  ' ',
  '\n',
  '\r\n',
  '"',
  '\\',
  'é',
  '\u2028',
  '😀',
);
const texts = fc.array(pieces, { maxLength: 60 }).map((list) => list.join(''));

test('the runs are those that a pattern finds', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 30 }), (text, shortest) => {
      const found = (pattern: string) =>
        [...text.matchAll(new RegExp(`${pattern}{${shortest},}`, 'g'))].map(({ 0: all, index }) => ({
          start: index,
          end: index + all.length,
        }));
      expect(longRuns(text, base64Signs, shortest)).toEqual(found('[A-Za-z0-9+/_-]'));
      expect(longRuns(text, keySigns, shortest)).toEqual(found('[A-Za-z0-9+/_.:=-]'));
    }),
    { numRuns: 2_000 },
  );
});

test('a pattern at the runs finds what it finds in all of the text', () => {
  const pattern = String.raw`(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{20,}(?:\r?\n[A-Za-z0-9+/_-]{2,})*={0,2}(?![A-Za-z0-9+/=_-])`;
  const [sticky, whole] = [new RegExp(pattern, 'y'), new RegExp(pattern, 'g')];
  fc.assert(
    fc.property(texts, (text) => {
      const found = [...matchesAtRuns(text, sticky, longRuns(text, base64Signs, 20))];
      expect(found.map(({ 0: all, index }) => [index, all])).toEqual(
        [...text.matchAll(whole)].map(({ 0: all, index }) => [index, all]),
      );
    }),
    { numRuns: 5_000 },
  );
});
