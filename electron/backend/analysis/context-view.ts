import type { ContextCall, ContextItem, ContextLens, GrowthBar } from '../../../shared/model/context-lens.ts';

/** All that is kept of a run's contexts. */
export interface RunContexts {
  readonly calls: readonly ContextCall[];
  readonly items: readonly ContextItem[];
  readonly notes: readonly string[];
}

const mostBars = 60;
const mostDrops = 6;

/** What a screen shows of one call. A run of 20,000 steps keeps 12 MB of contexts; a call of it is some hundred parts. */
export function viewOfCall(
  { calls, items, notes }: RunContexts,
  step: number | undefined,
): Omit<ContextLens, 'behind'> {
  const position = callOfStep(calls, step);
  const call = calls[position];
  const drops = calls.filter((one) => one.drop !== undefined && one.step !== call?.step);
  return {
    ...(call === undefined ? {} : { call }),
    conversationInput: calls.reduce(
      (sum, { total, conversation }) => sum + (conversation === call?.conversation ? total : 0),
      0,
    ),
    conversations: new Set(calls.map(({ conversation }) => conversation)).size,
    bars: growthBars(calls, position, mostBars),
    drops: drops.slice(0, mostDrops).map((one) => one.step),
    dropCount: drops.length,
    items: items.filter((item) => isCarried(item, position)),
    lostItems: (call?.lost?.items ?? [])
      .flatMap((index) => items[index] ?? [])
      .toSorted((left, right) => (left.origin ?? left.entered) - (right.origin ?? right.entered)),
    notes: [...notes],
  };
}

/** Position of the call that a step belongs to: itself, else the first that came after it, else the last. -1: there is none. */
export function callOfStep(calls: readonly ContextCall[], step: number | undefined): number {
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

function isCarried({ spans }: ContextItem, position: number): boolean {
  for (let at = 0; at + 1 < spans.length; at += 2)
    if ((spans[at] ?? 0) <= position && position <= (spans[at + 1] ?? -1)) return true;
  return false;
}

/** The calls of the conversation that the call at `position` belongs to, at most `most` bars. */
export function growthBars(calls: readonly ContextCall[], position: number, most: number): GrowthBar[] {
  const conversation = calls[position]?.conversation;
  const own = calls.flatMap((call, at) => (call.conversation === conversation ? [{ call, at }] : []));
  const perBar = Math.max(1, Math.ceil(own.length / most));
  const bars: GrowthBar[] = [];
  for (let from = 0; from < own.length; from += perBar) {
    const group = own.slice(from, from + perBar);
    const selected = group.find(({ at }) => at === position);
    const shown = selected ?? group.toSorted((left, right) => right.call.total - left.call.total)[0];
    if (shown === undefined) continue;
    bars.push({
      call: shown.call,
      hasDrop: group.some(({ call }) => call.drop !== undefined),
      hasLoss: group.some(({ call }) => call.lost !== undefined),
      isSelected: selected !== undefined,
    });
  }
  return bars;
}
