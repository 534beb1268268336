import type { ComparableStep } from './comparable-step.ts';
import { longestRising } from './sequence.ts';
import type { Match } from './sequence.ts';
import { contentKey, weakKey } from './step-keys.ts';

/** The steps of one run by position, and the position of each index. */
export interface Positions {
  readonly steps: readonly ComparableStep[];
  readonly order: readonly number[];
  readonly places: Int32Array;
}

/**
 * A wrapper has nothing of its own to be known by ("agent", "tools", "step 3"): of many with one name it is the partner of the one
 * around the partner of its first step. Corrects matches by name that say otherwise; fixed ones stay.
 */
export function seatWrappers(
  left: Positions,
  right: Positions,
  matches: readonly Match[],
  fixed: readonly Match[],
): Match[] {
  const held = new Set(fixed);
  const partnerOfA = new Map(matches.map((match) => [match.a, match]));
  const partnerOfB = new Map(matches.map((match) => [match.b, match]));
  const firstA = firstInside(left);
  const firstB = firstInside(right);
  const waiting = [...matches];
  for (let match = waiting.pop(); match; match = waiting.pop()) {
    if (partnerOfA.get(match.a) !== match) continue;
    const a = wrapperAround(left, match.a, firstA);
    const b = wrapperAround(right, match.b, firstB);
    if (a === undefined || b === undefined) continue;
    const [beforeA, beforeB] = [partnerOfA.get(a), partnerOfB.get(b)];
    if (beforeA !== undefined && beforeA === beforeB) continue;
    if (!sameWrapper(left, a, right, b) || (beforeA && held.has(beforeA)) || (beforeB && held.has(beforeB))) continue;
    for (const before of [beforeA, beforeB]) {
      if (!before) continue;
      partnerOfA.delete(before.a);
      partnerOfB.delete(before.b);
    }
    const seated: Match = { a, b };
    partnerOfA.set(a, seated);
    partnerOfB.set(b, seated);
    waiting.push(seated);
  }
  return longestRising([...partnerOfA.values()].sort((one, two) => one.a - two.a));
}

/** Position of each step → position of its first step inside; -1: none. */
function firstInside({ order, places, steps }: Positions): Int32Array {
  const first = new Int32Array(order.length).fill(-1);
  for (let place = order.length - 1; place >= 0; place--) {
    const parent = steps[order[place] ?? -1]?.parent;
    if (parent !== undefined) first[places[parent] ?? 0] = place;
  }
  return first;
}

/** The step that this one is the first of, if it has no content of its own. */
function wrapperAround({ steps, order, places }: Positions, place: number, first: Int32Array): number | undefined {
  const parent = steps[order[place] ?? -1]?.parent;
  const above = parent === undefined ? undefined : places[parent];
  const wrapper = parent === undefined ? undefined : steps[parent];
  return above !== undefined &&
    wrapper &&
    first[above] === place &&
    (wrapper.hidden || contentKey(wrapper) === undefined)
    ? above
    : undefined;
}

function sameWrapper(left: Positions, a: number, right: Positions, b: number): boolean {
  const one = left.steps[left.order[a] ?? -1];
  const other = right.steps[right.order[b] ?? -1];
  return one !== undefined && other !== undefined && one.hidden === other.hidden && weakKey(one) === weakKey(other);
}
