import { describe, expect, test } from 'vitest';
import { rowAPageAway, treeMoveOf } from './tree-moves.ts';

const plain = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };

describe('treeMoveOf', () => {
  test('the keys of a treegrid', () => {
    expect(
      ['ArrowDown', 'ArrowUp', 'Home', 'End', 'PageDown', 'PageUp', 'ArrowRight', 'ArrowLeft'].map((key) =>
        treeMoveOf({ ...plain, key }),
      ),
    ).toEqual(['next', 'previous', 'first', 'last', 'page-down', 'page-up', 'expand', 'collapse']);
  });

  test('other keys and keys with a modifier are not its own', () => {
    expect(treeMoveOf({ ...plain, key: 'j' })).toBeUndefined();
    for (const modifier of ['altKey', 'ctrlKey', 'metaKey', 'shiftKey'])
      expect(treeMoveOf({ ...plain, key: 'ArrowLeft', [modifier]: true })).toBeUndefined();
  });
});

describe('rowAPageAway', () => {
  const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const isEven = (row: number): boolean => row % 2 === 0;
  const any = (): boolean => true;

  test('a page down and up, stopping at the ends', () => {
    expect(rowAPageAway(rows, 2, 'page-down', 4, any)).toBe(6);
    expect(rowAPageAway(rows, 8, 'page-down', 4, any)).toBe(9);
    expect(rowAPageAway(rows, 8, 'page-up', 4, any)).toBe(4);
    expect(rowAPageAway(rows, 2, 'page-up', 4, any)).toBe(0);
  });

  test('a row that cannot be selected gives way to the nearest one before it', () => {
    expect(rowAPageAway(rows, 2, 'page-down', 5, isEven)).toBe(6);
    expect(rowAPageAway(rows, 8, 'page-up', 5, isEven)).toBe(4);
  });

  test('at the end, and where nothing can be selected, there is no other row', () => {
    expect(rowAPageAway(rows, 9, 'page-down', 4, any)).toBeUndefined();
    expect(rowAPageAway(rows, 0, 'page-up', 4, any)).toBeUndefined();
    expect(rowAPageAway(rows, 2, 'page-down', 4, () => false)).toBeUndefined();
    expect(rowAPageAway([], -1, 'page-down', 4, any)).toBeUndefined();
  });

  test('without a selection a page begins outside of the rows', () => {
    expect(rowAPageAway(rows, -1, 'page-down', 4, any)).toBe(3);
    expect(rowAPageAway(rows, -1, 'page-up', 4, any)).toBe(6);
  });
});
