import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DiffLine } from '../../../shared/model/comparison.ts';
import { linesWithin, markedPieces } from './diff-lines.ts';

describe('marks within a line', () => {
  it('cuts the text where marks begin and end', () => {
    expect(
      markedPieces(
        'is too strict; raise',
        [
          [3, 13],
          [15, 20],
        ],
        100,
      ),
    ).toEqual([
      { text: 'is ', marked: false },
      { text: 'too strict', marked: true },
      { text: '; ', marked: false },
      { text: 'raise', marked: true },
    ]);
    expect(markedPieces('is too strict', [[3, 13]], 6)).toEqual([
      { text: 'is ', marked: false },
      { text: 'too', marked: true },
    ]);
    expect(markedPieces('', [], 10)).toEqual([]);
  });

  it('whatever the marks, the pieces joined are the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.tuple(fc.nat(40), fc.nat(40))), fc.nat(60), (text, marks, end) => {
        expect(
          markedPieces(text, marks, end)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text.slice(0, end));
      }),
    );
  });
});

it('draws so many lines as stay within both bounds, and always one', () => {
  const lines = (count: number, length: number): DiffLine[] =>
    Array.from({ length: count }, () => ({ op: 'same', text: 'x'.repeat(length) }));
  expect(linesWithin(lines(500, 10), 200, 40_000, 8_000)).toBe(200);
  expect(linesWithin(lines(500, 1_000), 200, 40_000, 8_000)).toBe(40);
  expect(linesWithin(lines(3, 256_000), 200, 40_000, 8_000)).toBe(3);
  expect(linesWithin(lines(3, 256_000), 200, 4_000, 8_000)).toBe(1);
  expect(linesWithin([{ op: 'folded', lines: 9_000_000 }, ...lines(1, 10)], 200, 40_000, 8_000)).toBe(2);
});
