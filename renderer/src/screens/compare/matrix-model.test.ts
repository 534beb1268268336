import { expect, it } from 'vitest';
import { cellLook, cellName, differingRow, findCell, isDifferingRow } from './matrix-model.ts';
import type { MatrixRow } from './matrix-model.ts';

/** A row by the classes of its cells; undefined: no such step. */
const rowOf = (...classes: readonly (number | undefined)[]): MatrixRow => ({
  kind: 'llm',
  name: 'model',
  depth: 0,
  cells: classes.map((one, index) => (one === undefined ? null : { index, class: one, status: 'ok' })),
});

it('a row differs when a run has other content or no such step', () => {
  expect([rowOf(0, 0, 0), rowOf(0, 1, 0), rowOf(0, undefined, 0)].map(isDifferingRow)).toEqual([false, true, true]);
});

it('leads to the next and the previous row that differs', () => {
  const rows = [rowOf(0, 0), rowOf(0, 1), rowOf(0, 0), rowOf(undefined, 0)];
  expect([
    differingRow(rows, 0, 1),
    differingRow(rows, 1, 1),
    differingRow(rows, 3, 1),
    differingRow(rows, 3, -1),
    differingRow(rows, 1, -1),
  ]).toEqual([1, 3, undefined, 1, undefined]);
});

it('marks a cell by letter and colour, beyond the alphabet too', () => {
  const looks = [0, 1, 5, 6, 25, 26].map((one) => cellLook({ index: 0, class: one, status: 'ok' }));
  expect(looks.map((look) => look.mark)).toEqual(['=', 'B', 'F', 'G', 'Z', 'AA']);
  expect(looks.map((look) => look.colour)).toEqual([0, 1, 5, 1, 5, 1]);
  expect(cellLook(null)).toEqual({ mark: '–', word: 'no such step', colour: -1 });
});

it('a cell is named by its steps and column, and found again when rows moved', () => {
  const cell = (index: number) => ({ index, class: 0, status: 'ok' });
  const row = (...cells: readonly (number | null)[]): MatrixRow => ({
    kind: 'llm',
    name: 'model',
    depth: 0,
    cells: cells.map((one) => (one === null ? null : cell(one))),
  });
  const rows = [row(0, 0, 0), row(1, null, 1), row(null, 1, null), row(2, 2, 3)];
  expect(rows.map((one) => [0, 1, 2].map((column) => cellName(one, column)))).toEqual([
    ['0~~0', '0~0~1', '0~0~2'],
    ['1~~0', '1~~1', '1~1~2'],
    [undefined, '~1~1', undefined],
    ['2~~0', '2~2~1', '2~3~2'],
  ]);
  for (const [at, one] of rows.entries())
    expect(findCell(rows, cellName(one, 1) ?? '')).toEqual({ row: at, column: 1 });
  expect(findCell([row(7, 7, 7), row(1, 9, 1)], '1~4~1')).toEqual({ row: 1, column: 1 });
  expect(findCell(rows, '50~60~1')).toBeUndefined();
});
