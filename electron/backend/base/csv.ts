/**
 * Beginnings that make a cell a formula in some spreadsheet (OWASP, CSV injection): also in their full-width forms, and behind white space
 * and signs without a width, which are dropped there before the cell is looked at.
 */
const formulaStart = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/** One cell. A trace's text must not become a formula: such cells begin with an apostrophe. Some part cells at semicolons and tabs. Numbers stay numbers. */
export function csvCell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = formulaStart.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line with its end (RFC 4180). */
export function csvLine(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}
