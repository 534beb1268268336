import type { ReadableDatabase, WritableDatabase } from '../database.ts';
import type { LibraryReader } from '../reader.ts';

/**
 * Something kept from the library behind the import: the text index is one. It stands in a database of its own, with how far it has
 * followed beside it in the same transaction, so that a kill loses nothing and repeats little. All of it comes from the library: it can
 * be made anew at any time. `followRuns` makes one that keeps rows of each run; the list of them is workers/followers.ts.
 */
export interface Follower {
  /** Small letters and dashes: its database is `<id>.db` in the library's directory. */
  readonly id: string;
  /** As it stands in a sentence: "the text index". */
  readonly label: string;
  /** From 1. Where another number is stored, all is made anew: raise it whenever the same library would give something else. */
  readonly version: number;
  /** SQL that makes its tables in an empty database. */
  readonly schema: string;
  /** Its connections stay open until it is started again or all is closed. */
  start(place: FollowerPlace): FollowerWork;
}

export interface FollowerPlace {
  /** Its database, and the file that it is in. */
  readonly database: WritableDatabase;
  readonly file: string;
  readonly library: ReadableDatabase;
  readonly reader: LibraryReader;
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
