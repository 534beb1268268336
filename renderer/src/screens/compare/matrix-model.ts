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
  return { mark: letters(cell.class), word: `variant ${letters(cell.class)}`, colour: ((cell.class - 1) % classColours) + 1 };
}

/** 1 → B, 25 → Z, 26 → AA: as columns of a sheet, A being what most runs did. */
function letters(index: number): string {
  let text = '';
  for (let rest = index; rest >= 0; rest = Math.floor(rest / 26) - 1) text = String.fromCodePoint(65 + (rest % 26)) + text;
  return text;
}
