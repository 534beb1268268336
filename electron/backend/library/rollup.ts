import type { WritableDatabase } from './database.ts';
import type { DictWriter } from './dict.ts';
import { callDimensions, runDimensions, spendFigures } from './spend.ts';
import type { Spend } from './spend.ts';

const dimensions = [...callDimensions, ...runDimensions] as const;

type SpendRow = number[];

/** Keeps `spend`, what each run spent, and `rollup` equal to the sum over all runs, by moving it by each run's difference. */
export class RollupWriter {
  private readonly dict: DictWriter;
  private readonly statements;

  constructor(database: WritableDatabase, dict: DictWriter) {
    this.dict = dict;
    this.statements = prepareStatements(database);
  }

  replace(run: number, spend: readonly Spend[]): void {
    const rows = spend.map((part) => this.row(part));
    const before = this.statements.read.all(run);
    if (isSame(before, rows)) return;
    for (const row of before) this.move(row, -1);
    for (const row of rows) this.move(row, 1);
    for (const row of before) this.statements.removeEmpty.run(...row.slice(0, callDimensions.length));
    this.statements.remove.run(run, rows.length);
    for (const [part, row] of rows.entries()) this.statements.write.run(run, part, ...row);
  }

  private row(part: Spend): SpendRow {
    return [
      ...dimensions.map((name) => (name === 'day' ? part.day : this.dict.id(part[name]))),
      ...spendFigures.map((name) => part.figures[name]),
    ];
  }

  private move(row: SpendRow, sign: 1 | -1): void {
    const figures = row.slice(dimensions.length).map((figure) => figure * sign);
    this.statements.add.run(...row.slice(0, callDimensions.length), ...figures);
  }
}

function isSame(before: readonly SpendRow[], after: readonly SpendRow[]): boolean {
  return (
    before.length === after.length &&
    before.every((row, at) => row.every((value, column) => value === after[at]?.[column]))
  );
}

function prepareStatements(database: WritableDatabase) {
  const columns = [...dimensions, ...spendFigures].join(', ');
  const places = (count: number) => Array.from({ length: count }, () => '?').join(', ');
  const width = dimensions.length + spendFigures.length;
  return {
    read: database.prepare<[number], SpendRow>(`SELECT ${columns} FROM spend WHERE run = ? ORDER BY part`).raw(),
    write: database.prepare<number[]>(
      `INSERT OR REPLACE INTO spend (run, part, ${columns}) VALUES (${places(width + 2)})`,
    ),
    remove: database.prepare<[number, number]>('DELETE FROM spend WHERE run = ? AND part >= ?'),
    add: database.prepare<number[]>(`
      INSERT INTO rollup (${[...callDimensions, ...spendFigures].join(', ')}) VALUES (${places(callDimensions.length + spendFigures.length)})
      ON CONFLICT (${callDimensions.join(', ')}) DO UPDATE SET ${spendFigures.map((name) => `${name} = ${name} + excluded.${name}`).join(', ')}`),
    removeEmpty: database.prepare<number[]>(
      `DELETE FROM rollup WHERE ${callDimensions.map((name) => `${name} = ?`).join(' AND ')} AND attempts = 0`,
    ),
  };
}
