import { analysisFollower } from '../analysis/kept-analysis.ts';
import type { Follower } from '../library/followers/follower.ts';
import { textIndex } from '../library/search/text-index.ts';
import { firstWordsFollower } from '../read/first-words.ts';

/**
 * What is kept from the library behind the import, one line each. Each has its turn in slices, in this order. One that reads steps as
 * screens do is made with `followRuns` in the room that knows how, and listed here.
 */
export const followers: readonly Follower[] = [textIndex, firstWordsFollower, analysisFollower];
