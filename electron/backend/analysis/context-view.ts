import type { ContextItem } from '../../../shared/model/context-lens.ts';

/** A call of a model in a few numbers. */
export interface CallOutline {
  readonly step: number;
  readonly conversation: number;
  readonly total: number;
  readonly hasDrop: boolean;
  readonly hasLoss: boolean;
}

/** A bar of the growth, by the place of the call that it shows among all calls. */
export interface OutlineBar {
  readonly at: number;
  readonly hasDrop: boolean;
  readonly hasLoss: boolean;
  readonly isSelected: boolean;
}

/** Position of the call that a step belongs to: itself, else the first that came after it, else the last. -1: there is none. */
export function callOfStep(calls: readonly CallOutline[], step: number | undefined): number {
  if (calls.length === 0) return -1;
  if (step === undefined) return calls.length - 1;
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((calls[middle]?.step ?? 0) < step) low = middle + 1;
    else high = middle;
  }
  return Math.min(low, calls.length - 1);
}

export function isCarried({ spans }: ContextItem, position: number): boolean {
  for (let at = 0; at + 1 < spans.length; at += 2)
    if ((spans[at] ?? 0) <= position && position <= (spans[at + 1] ?? -1)) return true;
  return false;
}

/** The calls of the conversation that the call at `position` belongs to, at most `most` bars: each is its largest call, or the one at `position`. */
export function growthBars(calls: readonly CallOutline[], position: number, most: number): readonly OutlineBar[] {
  const conversation = calls[position]?.conversation;
  const own = calls.flatMap((call, at) => (call.conversation === conversation ? [{ call, at }] : []));
  const perBar = Math.max(1, Math.ceil(own.length / most));
  const bars: OutlineBar[] = [];
  for (let from = 0; from < own.length; from += perBar) {
    const group = own.slice(from, from + perBar);
    const selected = group.find(({ at }) => at === position);
    const shown = selected ?? group.toSorted((left, right) => right.call.total - left.call.total)[0];
    if (shown === undefined) continue;
    bars.push({
      at: shown.at,
      hasDrop: group.some(({ call }) => call.hasDrop),
      hasLoss: group.some(({ call }) => call.hasLoss),
      isSelected: selected !== undefined,
    });
  }
  return bars;
}
