import type { ComparableStep } from './comparable-step.ts';
import { contentKey, weakKey } from './step-keys.ts';

/**
 * Run order with parallel steps in an order that depends only on what they are, so that the same calls stand in the same order in
 * two runs whatever the model wrote first. Indices of steps; sub-steps stay with their step. The first `fixed` steps stay where they are.
 */
export function comparableOrder(steps: readonly ComparableStep[], fixed = 0): readonly number[] {
  const children = new Map<number, number[]>();
  for (const { index, parent } of steps) {
    const key = parent ?? -1;
    const siblings = children.get(key);
    if (siblings) siblings.push(index);
    else children.set(key, [index]);
  }
  const groups = parallelGroups(steps, children);
  for (const siblings of children.values()) orderGroups(siblings, steps, groups, children, fixed);
  const ordered: number[] = [];
  const stack = (children.get(-1) ?? []).toReversed();
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    ordered.push(index);
    const below = children.get(index) ?? [];
    for (let at = below.length - 1; at >= 0; at--) stack.push(below[at] ?? 0);
  }
  // A step whose parent comes later, or is itself, would be lost here: then the run's own order holds.
  return ordered.length === steps.length ? ordered : steps.map(({ index }) => index);
}

/** A step's own group, or that of the one step that a wrapper holds (LangGraph wraps each call in a task). */
function parallelGroups(
  steps: readonly ComparableStep[],
  children: ReadonlyMap<number, readonly number[]>,
): Int32Array {
  const groups = new Int32Array(steps.length).fill(-1);
  for (let index = steps.length - 1; index >= 0; index--) {
    const step = steps[index];
    if (!step) continue;
    const below = children.get(index) ?? [];
    const [only] = below;
    const inner =
      below.length === 1 && only !== undefined && (step.hidden || step.kind === 'chain') ? (groups[only] ?? -1) : -1;
    groups[index] = step.parallelGroup ?? inner;
  }
  return groups;
}

function orderGroups(
  siblings: number[],
  steps: readonly ComparableStep[],
  groups: Int32Array,
  children: ReadonlyMap<number, readonly number[]>,
  fixed: number,
): void {
  const places = new Map<number, number[]>();
  for (const [place, index] of siblings.entries()) {
    const group = groups[index] ?? -1;
    if (group < 0 || index < fixed) continue;
    const known = places.get(group);
    if (known) known.push(place);
    else places.set(group, [place]);
  }
  for (const group of places.values()) {
    if (group.length < 2) continue;
    const members = group
      .map((place) => siblings[place] ?? 0)
      .map((index) => ({ index, key: orderKey(index, steps, children) }));
    members.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : left.index - right.index));
    for (const [at, place] of group.entries()) siblings[place] = members[at]?.index ?? 0;
  }
}

/** What a step does before what came of it: a call with another result keeps its place. */
function orderKey(
  index: number,
  steps: readonly ComparableStep[],
  children: ReadonlyMap<number, readonly number[]>,
): string {
  let at = index;
  for (let depth = 0; depth < 8; depth++) {
    const step = steps[at];
    const [only, ...more] = children.get(at) ?? [];
    if (!step || only === undefined || more.length > 0 || !(step.hidden || step.kind === 'chain')) break;
    at = only;
  }
  const step = steps[at];
  if (!step) return '';
  return `${weakKey(step)}\n${step.content.arguments?.normal ?? step.content.input?.normal ?? ''}\n${contentKey(step) ?? ''}`;
}
