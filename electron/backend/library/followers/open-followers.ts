import type { RunId } from '../../../../shared/model/units.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import { typedError } from '../database.ts';
import type { WritableDatabase } from '../database.ts';
import { fileNumber } from '../file-identity.ts';
import { followerFile } from '../library-files.ts';
import type { LibraryReader } from '../reader.ts';
import { openLibraryReader } from '../reader.ts';
import { openFollowerDatabase, remake } from './follower-database.ts';
import type { Follower, FollowerWork } from './follower.ts';

/** All followers of a library, at work in turn. One process at a time: the one that writes the library. */
export interface Followers {
  /** The library may have something new: each looks at the record of changes when its turn comes. */
  look(): void;
  /**
   * One slice of work, of the follower whose turn it is, for about this long. `more`: call again soon; `later`: those that are behind have
   * failed and are tried again by a later call; `done`: nothing is left. One that throws does not stop the others.
   */
  work(budgetMs: number): { readonly followed: number; readonly next: 'more' | 'later' | 'done' };
  /** Empties what a follower keeps, in place: it follows the library from its beginning. */
  rebuild(id: string): void;
  /** Whether it has something to follow still. */
  behind(id: string): boolean;
  /** False once the library was removed or replaced: all of it is to be opened anew. */
  isThere(): boolean;
  /** Standing problems, in words for the user. */
  problems(): readonly string[];
  close(): void;
}

interface Place {
  readonly follower: Follower;
  readonly file: string;
  open:
    | { readonly database: WritableDatabase; readonly fileNumber: bigint | undefined; readonly work: FollowerWork }
    | undefined;
  behind: boolean;
  /** What it threw last, and when it is tried again. */
  failure: { readonly words: string; readonly untilMs: number } | undefined;
  /** What it says itself, though it goes on. */
  problem: string | undefined;
}

const defaultRetryMs = 5_000;

/** Throws what opening the library throws. A follower that does not open is one that fails: it is tried again. */
export function openFollowers(options: {
  readonly directory: string;
  readonly followers: readonly Follower[];
  /** How long one that failed is left alone. */
  readonly retryMs?: number;
  /** Told of runs of which something else is kept now. */
  readonly changed?: (runIds: readonly RunId[]) => void;
}): Followers {
  const { directory, followers } = options;
  const ids = new Set(followers.map(({ id }) => id));
  if (ids.size < followers.length || [...ids].some((id) => !/^[a-z][a-z-]*$/.test(id) || id === 'library'))
    throw new Error(`Followers need ids of their own: ${[...ids].join(', ')}`);
  return new FollowersInTurn(options, openLibraryReader({ directory }));
}

class FollowersInTurn implements Followers {
  private readonly directory: string;
  private readonly retryMs: number;
  private readonly library: LibraryReader;
  private readonly places: readonly Place[];
  private readonly changed: (runIds: readonly RunId[]) => void;
  private turn = 0;

  constructor(options: Parameters<typeof openFollowers>[0], library: LibraryReader) {
    this.directory = options.directory;
    this.retryMs = options.retryMs ?? defaultRetryMs;
    this.library = library;
    this.changed = options.changed ?? (() => undefined);
    this.places = options.followers.map((follower) => ({
      follower,
      file: followerFile(options.directory, follower.id),
      open: undefined,
      behind: true,
      failure: undefined,
      problem: undefined,
    }));
  }

  look(): void {
    for (const place of this.places) {
      place.behind = true;
      // Deleted by someone: it is made anew.
      if (place.open && fileNumber(place.file) !== place.open.fileNumber) shut(place);
    }
  }

  work(budgetMs: number): { readonly followed: number; readonly next: 'more' | 'later' | 'done' } {
    const place = this.nextInTurn();
    const followed = place ? this.workOn(place, budgetMs) : 0;
    const behind = this.places.filter((other) => other.behind);
    const next = behind.length === 0 ? 'done' : behind.some((other) => this.mayWork(other)) ? 'more' : 'later';
    return { followed, next };
  }

  rebuild(id: string): void {
    const place = this.places.find(({ follower }) => follower.id === id);
    if (!place)
      throw new Error(
        `There is no follower ${id}. There are: ${this.places.map((other) => other.follower.id).join(', ')}.`,
      );
    shut(place);
    const database = openFollowerDatabase(this.directory, place.follower, this.library.database);
    try {
      remake(database, place.follower, this.library.database);
    } catch (error) {
      throw typedError(error, place.file);
    } finally {
      database.close();
    }
    place.behind = true;
    place.failure = undefined;
    place.problem = undefined;
  }

  behind(id: string): boolean {
    return this.places.some(({ follower, behind }) => follower.id === id && behind);
  }

  isThere(): boolean {
    return this.library.isThere();
  }

  problems(): readonly string[] {
    return this.places.flatMap(({ follower: { label }, failure, problem }) => {
      if (failure)
        return [
          `${upperFirst(label)} is behind, and is tried again: ${failure.words} Nothing of the library is lost by it.`,
        ];
      return problem === undefined ? [] : [`${upperFirst(label)} is not whole: ${problem}.`];
    });
  }

  close(): void {
    for (const place of this.places) shut(place);
    this.library.close();
  }

  private nextInTurn(): Place | undefined {
    for (let step = 0; step < this.places.length; step++) {
      const at = (this.turn + step) % this.places.length;
      const place = this.places[at];
      if (!place?.behind || !this.mayWork(place)) continue;
      this.turn = at + 1;
      return place;
    }
    return undefined;
  }

  private mayWork(place: Place): boolean {
    return place.failure === undefined || place.failure.untilMs <= performance.now();
  }

  private workOn(place: Place, budgetMs: number): number {
    try {
      place.open ??= this.start(place);
      const { followed, remaining, problem } = place.open.work.follow(budgetMs);
      place.behind = remaining;
      place.problem = problem;
      place.failure = undefined;
      return followed;
    } catch (error) {
      // What it held in memory is not what it kept: it starts again from there.
      shut(place);
      place.failure = {
        words: sentence(wordsOf(typedError(error, place.file))),
        untilMs: performance.now() + this.retryMs,
      };
      return 0;
    }
  }

  private start(place: Place): NonNullable<Place['open']> {
    const { follower, file } = place;
    const database = openFollowerDatabase(this.directory, follower, this.library.database);
    try {
      const work = follower.start({ database, file, library: this.library, changed: this.changed });
      return { database, fileNumber: fileNumber(file), work };
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

function shut(place: Place): void {
  place.open?.database.close();
  place.open = undefined;
}

const upperFirst = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
