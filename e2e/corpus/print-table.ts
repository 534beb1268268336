import { appendFileSync } from 'node:fs';

/** Prints rows, the first of them the names of the columns; in a workflow it is part of the job's summary, too. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  const [head, ...rest] = rows;
  if (summary === undefined || head === undefined) return;
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  appendFileSync(summary, [line(head), line(head.map(() => '---')), ...rest.map(line), '\n'].join(''));
}
