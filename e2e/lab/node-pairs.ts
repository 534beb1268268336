import type { Pair } from './pair.ts';

export const nodePairs: readonly Pair[] = [];
