import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textFinder } from './find-text.ts';

const found = (within: string, ...texts: readonly string[]): readonly string[] =>
  (
    textFinder(texts.map((text) => ({ text: text.replace(/\*$/, ''), isBeginning: text.endsWith('*') })))?.(
      within,
      50,
    ) ?? []
  ).map(([from, to]) => within.slice(from, to));

test('words are found whole, in any case, without accents, whatever stands between them', () => {
  expect(found('A Timeout, timeouts, TIMED_OUT: npm  run\ntest', 'timeout', 'npm run', 'timed out')).toEqual([
    'Timeout',
    'TIMED_OUT',
    'npm  run',
  ]);
  expect(found('timeouts', 'timeout*')).toEqual(['timeout']);
  expect(found('Déjà vu, deja VU', 'deja vu')).toEqual(['Déjà vu', 'deja VU']);
  expect(found('İstanbul 😀 x', 'x')).toEqual(['x']);
  expect(found('anything', '…')).toEqual([]);
});

test('ranges lie in the text, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'binary', maxLength: 6 }),
      (within, text) => {
        for (const [from, to] of textFinder([{ text, isBeginning: true }])?.(within, 5) ?? []) {
          expect(from).toBeLessThan(to);
          expect(to).toBeLessThanOrEqual(within.length);
        }
      },
    ),
  );
});
