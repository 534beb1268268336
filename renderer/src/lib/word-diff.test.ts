import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { foldEqual, wordDiff } from './word-diff.ts';
import type { DiffPiece } from './word-diff.ts';

const without = (pieces: readonly DiffPiece[], kind: DiffPiece['kind']) =>
  pieces
    .filter((piece) => piece.kind !== kind)
    .map(({ text }) => text)
    .join('');

describe('word diff', () => {
  it('marks whole words', () => {
    expect(wordDiff('You look things up.', 'You look prices up.')).toEqual([
      { kind: 'same', text: 'You look ' },
      { kind: 'removed', text: 'things' },
      { kind: 'added', text: 'prices' },
      { kind: 'same', text: ' up.' },
    ]);
  });

  it('reads the same on a machine that has no time for it', () => {
    let nowMs = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => (nowMs += 1_000));
    const pieces = wordDiff(
      '{"item":"teapot","delivered":"45 days ago"}',
      '{"item":"kettle","delivered":"12 days ago"}',
    );
    clock.mockRestore();
    expect(pieces.filter(({ kind }) => kind === 'removed').map(({ text }) => text)).toEqual(['teapot', '45']);
  });

  it('marks what was appended and nothing else', () => {
    expect(wordDiff('Expected: 400', 'Expected: 400\n  note: fake timers')).toEqual([
      { kind: 'same', text: 'Expected: 400' },
      { kind: 'added', text: '\n  note: fake timers' },
    ]);
  });

  it('finds one change in a megabyte without comparing all of it', () => {
    const before = 'word '.repeat(200_000);
    const after = `${before.slice(0, 500_000)}NEW ${before.slice(500_000)}`;
    const pieces = wordDiff(before, after);
    expect(pieces.filter(({ kind }) => kind !== 'same')).toEqual([
      { kind: 'added', text: expect.stringContaining('NEW') as string },
    ]);
    expect(without(pieces, 'added')).toBe(before);
  });

  it('gives both texts back, whatever they are', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      fc.array(fc.constantFrom('a', 'b', ' ', '\n', 'word'), { maxLength: 30 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(text, text, (before, after) => {
        const pieces = wordDiff(before, after);
        expect(without(pieces, 'removed')).toBe(after);
        expect(without(pieces, 'added')).toBe(before);
        expect(pieces.every((piece) => piece.text !== '')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('folds long equal stretches and says how long they are', () => {
    const shown = foldEqual(wordDiff(`${'x '.repeat(500)}end`, `${'x '.repeat(500)}stop`), 10);
    expect(shown).toEqual([
      { kind: 'folded', characters: 990 },
      { kind: 'same', text: 'x x x x x ' },
      { kind: 'removed', text: 'end' },
      { kind: 'added', text: 'stop' },
    ]);
  });
});
