import type { ReadableDatabase } from '../database.ts';
import type { SqlValue } from '../sql.ts';

/** What `rowsPastDamage` reads: rows of one table, or of one part of it, in the order of a whole number that is unique among them. */
export interface NumberedRows {
  readonly table: string;
  readonly columns: string;
  /** Name of the column with the number. */
  readonly key: string;
  /** Of the part: `run = ?`, with its value. */
  readonly where?: { readonly text: string; readonly value: SqlValue };
  /** Fewer where rows are big. */
  readonly rowsAtOnce?: number;
}

/**
 * Rows of a database that is damaged. SQLite ends a query at the first page that it cannot read: what lies behind it is looked for at ever
 * greater numbers, and the place where it goes on is narrowed down to one. `damaged` is called once for each stretch that was passed over.
 */
export function* rowsPastDamage<Row extends object>(
  database: ReadableDatabase,
  rows: NumberedRows,
  damaged: (error: Error) => void,
): Generator<Row & Placed, void, void> {
  const { table, columns, key, where, rowsAtOnce = 500 } = rows;
  const [condition, values]: readonly [string, readonly SqlValue[]] = where
    ? [`${where.text} AND`, [where.value]]
    : ['', []];
  const text = `SELECT ${key} AS place, ${columns} FROM ${table} WHERE ${condition} ${key} >= ? ORDER BY ${key}`;
  let next = 0;
  for (;;) {
    try {
      const found = database.prepare<SqlValue[], Row & Placed>(`${text} LIMIT ${rowsAtOnce}`).all(...values, next);
      yield* found;
      const last = found.at(-1);
      if (last === undefined || found.length < rowsAtOnce) return;
      next = last.place + 1;
      continue;
    } catch (error) {
      if (!isDamage(error)) throw error;
      // One by one, up to the row that cannot be read.
      const one = database.prepare<SqlValue[], Row & Placed>(`${text} LIMIT 1`);
      const read = (from: number): (Row & Placed) | 'damaged' | undefined => {
        try {
          return one.get(...values, from);
        } catch (fault) {
          if (isDamage(fault)) return 'damaged';
          throw fault;
        }
      };
      let row = read(next);
      while (row !== undefined && row !== 'damaged') {
        yield row;
        next = row.place + 1;
        row = read(next);
      }
      if (row === undefined) return;
      damaged(error);
      const found = nextReadable(next, read);
      if (found === undefined) return;
      next = found;
    }
  }
}

interface Placed {
  /** Its number. */
  readonly place: number;
}

/** The first row from a number on; `damaged` where it cannot be read. */
type LookAt = (from: number) => Placed | 'damaged' | undefined;

const largestNumber = 2 ** 53;

/** The first number from which on rows can be read again, as near to the damage as a search by halves finds it. */
function nextReadable(from: number, read: LookAt): number | undefined {
  let step = 1;
  let bad = from;
  for (;;) {
    const tried = from + step;
    if (tried > largestNumber) return undefined;
    const row = read(tried);
    if (row === undefined) return lastBefore(bad, tried, read);
    if (row !== 'damaged') return narrowed(bad, tried, read);
    bad = tried;
    step *= 2;
  }
}

/** Beyond the end nothing is damaged and nothing is there: rows may lie between. */
function lastBefore(bad: number, end: number, read: LookAt): number | undefined {
  const found = narrowed(bad, end, read);
  return read(found) === undefined ? undefined : found;
}

function narrowed(bad: number, good: number, read: LookAt): number {
  let [low, high] = [bad, good];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (read(middle) === 'damaged') low = middle;
    else high = middle;
  }
  return high;
}

/** SQLite's words for a page that is not what it was, or a row that cannot be one. */
export function isDamage(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^SQLITE_(?:CORRUPT|NOTADB|IOERR|ERROR|FORMAT)/.test(error.code)
  );
}
