import type { RunId } from '../../../../shared/model/units.ts';
import type { WritableDatabase } from '../database.ts';
import type { LibraryReader } from '../reader.ts';
import type { KeptTables } from './follower-database.ts';

/**
 * Something kept from the library behind the import: the text index is one. It stands in a database of its own, with how far it has
 * followed beside it in the same transaction, so that a kill loses nothing and repeats little. All of it comes from the library: it can
 * be made anew at any time. `followRuns` makes one that keeps rows of each run; the list of them is workers/followers.ts.
 */
export interface Follower extends KeptTables {
  /** As it stands in a sentence: "the text index". */
  readonly label: string;
  /** Its connections stay open until it is started again or all is closed. */
  start(place: FollowerPlace): FollowerWork;
}

export interface FollowerPlace {
  /** Its database, and the file that it is in. */
  readonly database: WritableDatabase;
  readonly file: string;
  readonly library: LibraryReader;
  /** Tells who shows runs that something else is kept of these now. */
  changed(runIds: readonly RunId[]): void;
}

export interface FollowerWork {
  /** Follows what the library has new, for about this long. What it throws is said and tried again later; other followers go on. */
  follow(budgetMs: number): Followed;
}

export interface Followed {
  /** What was written: runs, or documents. */
  readonly followed: number;
  /** True where the budget was up first. */
  readonly remaining: boolean;
  /** A standing problem that does not keep it from going on. */
  readonly problem?: string | undefined;
}
