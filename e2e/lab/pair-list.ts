import { frameworkPairs } from './framework-pairs.ts';
import { nodePairs } from './node-pairs.ts';
import type { Pair } from './pair.ts';
import { sdkPairs } from './sdk-pairs.ts';

/** All that is tried, in the order of the table. */
export const pairs: readonly Pair[] = [...sdkPairs, ...frameworkPairs, ...nodePairs];
