import type { Matrix } from '../../../../shared/model/comparison.ts';

export type MatrixRow = Matrix['rows'][number];
export type MatrixCell = MatrixRow['cells'][number];

/** True when not every run has this step with the same content. */
export function isDifferingRow(row: MatrixRow): boolean {
  return row.cells.some((cell) => cell === null || cell.class !== 0);
}

/** The next row that is not the same in all runs. */
export function differingRow(rows: readonly MatrixRow[], from: number, direction: 1 | -1): number | undefined {
  for (let at = from + direction; at >= 0 && at < rows.length; at += direction) {
    const row = rows[at];
    if (row !== undefined && isDifferingRow(row)) return at;
  }
  return undefined;
}

/** Colours that repeat after this many classes; the letter goes on. */
export const classColours = 5;

export interface CellLook {
  /** `=` for what most runs did, then B, C, … AA; `–` for no such step. */
  readonly mark: string;
  readonly word: string;
  /** 0: as most; 1 to `classColours`; -1: absent. */
  readonly colour: number;
}

export function cellLook(cell: MatrixCell): CellLook {
  if (cell === null) return { mark: '–', word: 'no such step', colour: -1 };
  if (cell.class === 0) return { mark: '=', word: 'as in most runs', colour: 0 };
  return {
    mark: letters(cell.class),
    word: `variant ${letters(cell.class)}`,
    colour: ((cell.class - 1) % classColours) + 1,
  };
}

/** 1 → B, 25 → Z, 26 → AA: as columns of a sheet, A being what most runs did. */
function letters(index: number): string {
  let text = '';
  for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1)
    text = String.fromCodePoint(65 + (rest % 26)) + text;
  return text;
}

/** A place in the matrix as a link names it: step of the first run, step of the column's run, column. Undefined when the row has neither step. */
export function cellName(row: MatrixRow, column: number): string | undefined {
  const steps = `${row.cells[0]?.index ?? ''}~${column === 0 ? '' : (row.cells[column]?.index ?? '')}`;
  return steps === '~' ? undefined : `${steps}~${column}`;
}

/** Where a link's cell is now: the row that holds both of its steps, or else one of them. */
export function findCell(
  rows: readonly MatrixRow[],
  name: string,
): { readonly row: number; readonly column: number } | undefined {
  const [left = '', right = '', place = '1'] = name.split('~', 3);
  const column = Number(place);
  const a = left === '' ? undefined : Number(left);
  const b = right === '' ? undefined : Number(right);
  const holds = (row: MatrixRow, every: boolean): boolean => {
    const sides = [
      ...(a === undefined ? [] : [row.cells[0]?.index === a]),
      ...(b === undefined ? [] : [row.cells[column]?.index === b]),
    ];
    return every ? sides.every(Boolean) : sides.some(Boolean);
  };
  const exact = rows.findIndex((row) => holds(row, true));
  const row = exact >= 0 ? exact : rows.findIndex((candidate) => holds(candidate, false));
  return row < 0 ? undefined : { row, column };
}
