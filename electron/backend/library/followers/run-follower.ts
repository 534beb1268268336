import type { RunId } from '../../../../shared/model/units.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import { typedError } from '../database.ts';
import type { ReadableDatabase } from '../database.ts';
import { LibraryDamaged, LibraryFull, LibraryLocked } from '../faults.ts';
import type { LibraryReader } from '../reader.ts';
import { ownRunId } from '../run-rows.ts';
import { allRows, firstRow, joinSql, sql, sqlName } from '../sql.ts';
import type { SqlQuery } from '../sql.ts';
import { changedRuns, runsAsChanged } from './changed-runs.ts';
import type { ChangedRun } from './changed-runs.ts';
import { readProgress, writeProgress } from './follower-database.ts';
import type { KeptReaders, KeptTables } from './follower-database.ts';
import type { Followed, Follower, FollowerPlace, FollowerWork } from './follower.ts';

/** Names in small letters and `_`; `run` and `seq` are taken. */
export type Columns = Readonly<Record<string, 'text' | 'integer' | 'real'>>;
export type RowOf<Of extends Columns> = {
  readonly [Name in keyof Of]: (Of[Name] extends 'text' ? string : number) | undefined;
};

interface RowTableOptions<Of extends Columns> extends Pick<Follower, 'id' | 'version'> {
  /** What a row holds besides its run. */
  readonly columns: Of;
  /** Columns by which rows of all runs are looked for. */
  readonly indexes?: readonly (keyof Of & string)[];
}

/** What a follower keeps of runs, as others read it: also where who makes the rows is not known, as in the library's own queries. */
export interface RunRowTable<Of extends Columns> extends KeptTables {
  readonly columns: Of;
  readonly indexes: readonly (keyof Of & string)[];
}

export interface RunFollowerOptions<Of extends Columns> extends RowTableOptions<Of>, Pick<Follower, 'label'> {
  /**
   * What is kept of a run, told whenever the run changed; its former rows go. Between two yields others have their turn, searches among
   * them: yield undefined where there is nothing to keep for some ten milliseconds. What it throws is said, and the run passed over
   * until it changes or the program starts anew.
   */
  rows(runId: RunId, library: LibraryReader): Iterable<RowOf<Of> | undefined>;
  /** Windows are told of the runs whose rows are others now: the list of runs shows them. */
  readonly announces?: boolean;
}

export interface RunFollower<Of extends Columns> extends Follower, RunRowTable<Of> {}

/** The table of a follower of runs, which needs no SQL of its own. */
export function runRowTable<const Of extends Columns>(options: RowTableOptions<Of>): RunRowTable<Of> {
  const { id, version, columns, indexes = [] } = options;
  const names = Object.keys(columns);
  for (const name of names)
    if (!/^[a-z][a-z_]*$/.test(name) || name === 'run' || name === 'seq')
      throw new Error(`${id} cannot have a column ${name}`);
  return {
    id,
    version,
    columns,
    indexes,
    schema: [
      `CREATE TABLE entry (run INTEGER NOT NULL, seq INTEGER NOT NULL, ${names.map((name) => `"${name}" ${columns[name]?.toUpperCase() ?? ''}, `).join('')}PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;`,
      ...indexes.map((name) => `CREATE INDEX entry_by_${name} ON entry ("${name}");`),
      'CREATE TABLE missed (run INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT;',
    ].join('\n'),
  };
}

/** A follower that keeps rows of each run. */
export function followRuns<const Of extends Columns>(options: RunFollowerOptions<Of>): RunFollower<Of> {
  return {
    ...runRowTable(options),
    label: options.label,
    start: (place) => new RunFollowerWork(place, options, Object.keys(options.columns)),
  };
}

/** Runs looked up at once, and runs written at once. */
const runsAtOnce = 200;
const maximumWords = 500;

interface Finished {
  readonly changed: ChangedRun;
  readonly rows: readonly Readonly<Record<string, string | number | undefined>>[];
  /** Why it has no rows. */
  readonly missed?: string;
}

class RunFollowerWork<Of extends Columns> implements FollowerWork {
  private readonly place: FollowerPlace;
  private readonly options: RunFollowerOptions<Of>;
  private readonly names: readonly string[];
  private readonly statements;
  private waiting: ChangedRun[];
  private reached: number;
  /** The run whose rows were not all made when the budget was up. */
  private current:
    | { readonly changed: ChangedRun; readonly rows: Iterator<RowOf<Of> | undefined>; readonly found: RowOf<Of>[] }
    | undefined;
  private finished: Finished[] = [];
  private problem: string | undefined;

  constructor(place: FollowerPlace, options: RunFollowerOptions<Of>, names: readonly string[]) {
    this.place = place;
    this.options = options;
    this.names = names;
    const { database } = place;
    const columns = ['run', 'seq', ...names];
    this.statements = {
      remove: database.prepare<[number]>('DELETE FROM entry WHERE run = ?'),
      insert: database.prepare<(string | number | null)[]>(
        `INSERT INTO entry (${columns.map((name) => `"${name}"`).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      ),
      miss: database.prepare<[number, string]>(
        'INSERT INTO missed (run, words) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET words = excluded.words',
      ),
      found: database.prepare<[number]>('DELETE FROM missed WHERE run = ?'),
      before: database
        .prepare<[number], (string | number | null)[]>(
          `SELECT ${columns
            .slice(1)
            .map((name) => `"${name}"`)
            .join(', ')} FROM entry WHERE run = ? ORDER BY seq`,
        )
        .raw(),
    };
    this.reached = readProgress(database, 'revision');
    const missed = allRows<{ readonly run: number }>(database, sql`SELECT run FROM missed`).map(({ run }) => run);
    // Looked at again out of turn: how far was followed does not change by it.
    this.waiting = runsAsChanged(place.library.database, missed).map((changed) => ({ ...changed, revision: 0 }));
    this.problem = this.wordsOfMissed();
  }

  follow(budgetMs: number): Followed {
    const deadline = performance.now() + budgetMs;
    let followed = 0;
    let remaining = false;
    for (;;) {
      const done = this.nextRun(deadline);
      if (done === 'all') break;
      if (done === 'run') followed++;
      if (this.finished.length >= runsAtOnce) this.write();
      if (performance.now() > deadline) {
        remaining = true;
        break;
      }
    }
    this.write();
    return { followed, remaining, problem: this.problem };
  }

  private nextRun(deadline: number): 'all' | 'run' | 'part' {
    const changed = this.current?.changed ?? this.nextChange();
    if (!changed) return 'all';
    if (changed.gone) {
      this.finished.push({ changed, rows: [] });
      return 'run';
    }
    try {
      this.current ??= {
        changed,
        rows: this.options.rows(changed.runId, this.place.library)[Symbol.iterator](),
        found: [],
      };
      for (;;) {
        const { value, done } = this.current.rows.next();
        if (done === true) break;
        if (value !== undefined) this.current.found.push(value);
        if (performance.now() > deadline) return 'part';
      }
      this.finished.push({ changed, rows: this.current.found });
    } catch (error) {
      this.finished.push(this.missed(changed, error));
    }
    this.current = undefined;
    return 'run';
  }

  private nextChange(): ChangedRun | undefined {
    if (this.waiting.length === 0) {
      this.waiting = [...changedRuns(this.place.library.database, this.reached, runsAtOnce)];
      this.reached = this.waiting.at(-1)?.revision ?? this.reached;
    }
    return this.waiting.shift();
  }

  /** Throws what is the library's own trouble and not the run's. */
  private missed(changed: ChangedRun, error: unknown): Finished {
    const known = typedError(error, this.place.file);
    if (known instanceof LibraryLocked || known instanceof LibraryFull || known instanceof LibraryDamaged) throw known;
    return { changed, rows: [], missed: wordsOf(error).slice(0, maximumWords) };
  }

  private write(): void {
    if (this.finished.length === 0) return;
    try {
      this.writeTogether(this.finished);
    } catch {
      // One of them has rows that the table does not take: the others are not its fault.
      for (const one of this.finished) {
        try {
          this.writeTogether([one]);
        } catch (error) {
          this.writeTogether([this.missed(one.changed, error)]);
        }
      }
    }
    this.finished = [];
    this.problem = this.wordsOfMissed();
  }

  private writeTogether(finished: readonly Finished[]): void {
    const { database } = this.place;
    const others: RunId[] = [];
    database
      .transaction(() => {
        const before = readProgress(database, 'revision');
        let reached = before;
        for (const { changed, rows, missed } of finished) {
          const { run, revision } = changed;
          if (this.options.announces === true && !changed.gone && this.isOther(run, rows)) others.push(changed.runId);
          this.statements.remove.run(run);
          rows.forEach((row, seq) =>
            this.statements.insert.run(run, seq, ...this.names.map((name) => row[name] ?? null)),
          );
          if (missed === undefined) this.statements.found.run(run);
          else this.statements.miss.run(run, missed);
          reached = Math.max(reached, revision);
        }
        if (reached > before) writeProgress(database, 'revision', reached);
      })
      .immediate();
    if (others.length > 0) this.place.changed(others);
  }

  private isOther(run: number, rows: Finished['rows']): boolean {
    const now = rows.map((row, seq) => [seq, ...this.names.map((name) => row[name] ?? null)]);
    return JSON.stringify(now) !== JSON.stringify(this.statements.before.all(run));
  }

  private wordsOfMissed(): string | undefined {
    const row = firstRow<{ readonly runs: number; readonly words: string | null }>(
      this.place.database,
      sql`SELECT count(*) AS runs, (SELECT words FROM missed ORDER BY run DESC LIMIT 1) AS words FROM missed`,
    );
    if (!row || row.words === null) return undefined;
    return `${row.runs === 1 ? 'one run is' : `${row.runs} runs are`} left out (${row.words})`;
  }
}

type Choice =
  | { readonly oneOf: readonly (string | number)[] }
  | { readonly atMost: number }
  | { readonly atLeast: number };
/** Rows all of whose named columns are so. */
export type RowChoice<Of extends Columns> = { readonly [Name in keyof Of]?: Choice };

/** What is kept of a run, or some of it. `behind`: the run has changed since, or was not followed yet. */
export function keptRows<Of extends Columns>(
  { database: library, kept }: LibraryReader,
  follower: RunRowTable<Of>,
  runId: string,
  choice: RowChoice<Of> = {},
): { readonly rows: readonly RowOf<Of>[]; readonly behind: boolean } {
  const database = kept.database(follower);
  const run = firstRow<{ readonly id: number; readonly revision: number }>(
    library,
    sql`SELECT id, revision FROM run WHERE run_id = ${ownRunId(runId)}`,
  );
  if (!database || !run) return { rows: [], behind: true };
  return {
    rows: rowsIn(
      database,
      follower,
      sql`${joinSql([sql`run = ${run.id}`, ...Object.entries(choice).flatMap(([name, one]) => (one === undefined || !(name in follower.columns) ? [] : [chosen(name, one)]))], ' AND ')} ORDER BY seq`,
    ).map(({ row }) => row),
    behind: run.revision === 0 || run.revision > readProgress(database, 'revision'),
  };
}

/** The plus keeps SQLite from an index over the rows of all runs: those of one are side by side. */
function chosen(name: string, choice: Choice): SqlQuery {
  const column = sqlName(`+"${name}"`);
  if ('atMost' in choice) return sql`${column} <= ${choice.atMost}`;
  if ('atLeast' in choice) return sql`${column} >= ${choice.atLeast}`;
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(choice.oneOf)}))`;
}

/** Which state of a run the rows of a follower are of: `revision` is another number whenever the run has changed. */
export function keptState<Of extends Columns>(
  { database: library, kept }: LibraryReader,
  follower: RunRowTable<Of>,
  runId: string,
): { readonly revision: number; readonly behind: boolean } {
  const database = kept.database(follower);
  const revision =
    firstRow<{ readonly revision: number }>(library, sql`SELECT revision FROM run WHERE run_id = ${ownRunId(runId)}`)
      ?.revision ?? 0;
  return { revision, behind: !database || revision === 0 || revision > readProgress(database, 'revision') };
}

/** Rows of all runs that hold these values, newest run first; none while the follower has not begun. */
export function findKeptRows<Of extends Columns>(
  { database: library, kept }: LibraryReader,
  follower: RunRowTable<Of>,
  values: Partial<RowOf<Of>>,
  limit: number,
): readonly { readonly runId: RunId; readonly row: RowOf<Of> }[] {
  const database = kept.database(follower);
  if (!database) return [];
  const conditions = Object.entries(values).flatMap(([name, value]) =>
    name in follower.columns && (typeof value === 'string' || typeof value === 'number')
      ? [sql`${sqlName(`"${name}"`)} = ${value}`]
      : [],
  );
  const found = rowsIn(
    database,
    follower,
    sql`${conditions.length === 0 ? sqlName('1') : joinSql(conditions, ' AND ')} ORDER BY run DESC, seq LIMIT ${limit}`,
  );
  const runs = runsAsChanged(
    library,
    found.map(({ run }) => run),
  );
  const ids = new Map(runs.map(({ run, runId }) => [run, runId]));
  return found.flatMap(({ run, row }) => {
    const runId = ids.get(run);
    return runId === undefined ? [] : [{ runId, row }];
  });
}

/** What is kept of these runs, the first row of each, by their internal numbers; nothing while the follower has not begun. */
export function rowsOfRuns<Of extends Columns>(
  kept: KeptReaders,
  table: RunRowTable<Of>,
  runs: readonly number[],
): ReadonlyMap<number, RowOf<Of>> {
  const database = runs.length === 0 ? undefined : kept.database(table);
  if (!database) return new Map();
  const found = rowsIn(database, table, sql`seq = 0 AND run IN (SELECT value FROM json_each(${JSON.stringify(runs)}))`);
  return new Map(found.map(({ run, row }) => [run, row]));
}

/** Internal numbers of the runs that have a row with one of these texts in a column; none while the follower has not begun. */
export function runsWithText<Of extends Columns>(
  kept: KeptReaders,
  table: RunRowTable<Of>,
  column: keyof Of & string,
  texts: readonly string[],
): readonly number[] {
  const database = kept.database(table);
  if (!database) return [];
  return allRows<{ readonly run: number }>(
    database,
    sql`SELECT DISTINCT run FROM entry WHERE ${sqlName(`"${column}"`)} IN (SELECT value FROM json_each(${JSON.stringify(texts)}))`,
  ).map(({ run }) => run);
}

function rowsIn<Of extends Columns>(
  database: ReadableDatabase,
  { columns }: RunRowTable<Of>,
  condition: SqlQuery,
): readonly { readonly run: number; readonly row: RowOf<Of> }[] {
  return allRows<StoredRow>(database, sql`SELECT * FROM entry WHERE ${condition}`).map((stored) => ({
    run: stored.run,
    row: Object.fromEntries(Object.keys(columns).map((name) => [name, stored[name] ?? undefined])) as RowOf<Of>,
  }));
}

interface StoredRow {
  readonly run: number;
  readonly [column: string]: string | number | null;
}
