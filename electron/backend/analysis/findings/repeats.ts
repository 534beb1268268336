import { oneLine } from '../../base/one-line.ts';
import type { AnalysedRun } from '../analysed-run.ts';
import type { ToolCall } from '../tool-calls.ts';
import { found } from './finding.ts';
import type { FoundFinding } from './finding.ts';
import { costOfCalls } from './money.ts';

/** Longest round that is looked for, in calls. */
const longestRound = 5;
/** A single call is made twice for many reasons; a round of several is not. */
const fewestTimes = (calls: number): number => (calls === 1 ? 3 : 2);

interface Round {
  readonly from: number;
  readonly calls: number;
  readonly times: number;
}

/**
 * The same tool calls with the same results again, one round right after the other. Where a call of the round gives something new
 * later on, its repetition was waiting for that: polling is no finding.
 */
export function* repeats(run: AnalysedRun): Iterable<FoundFinding> {
  const asked = callsByAsker(run);
  for (const calls of byAgent(run.tools)) {
    const changes = changesLater(calls);
    let at = 0;
    while (at < calls.length) {
      const round = roundAt(calls, at);
      if (round === undefined) {
        at += 1;
        continue;
      }
      const all = calls.slice(round.from, round.from + round.calls * round.times);
      at = round.from + all.length;
      if (lastOfEach(calls, at - round.calls, at).some((one) => changes[one])) continue;
      const first = all.slice(0, round.calls);
      const again = all.slice(round.calls);
      yield* repeatFinding(run, round, first, again, askedOnlyFor(asked, again));
    }
  }
}

function* repeatFinding(
  run: AnalysedRun,
  round: Round,
  first: readonly ToolCall[],
  again: readonly ToolCall[],
  asked: readonly number[],
): Iterable<FoundFinding> {
  const steps = [...first, ...again].map(({ step }) => step);
  const [only] = first;
  const money = costOfCalls(run, asked);
  const from = again[0]?.requestedBy;
  const names = first.map(({ words }) => oneLine(words, 120));
  if (only !== undefined && first.length === 1 && only.failed) {
    yield found(
      { kind: 'failed-repeat', call: names[0] ?? '', times: round.times, error: oneLine(only.resultBegins, 200) },
      steps,
      money,
      { from, hint: { type: 'tell', text: toldOfFailure(names[0] ?? '') } },
    );
    return;
  }
  yield found(
    { kind: 'repeat', calls: names, times: round.times, result: oneLine(only?.resultBegins ?? '', 200) },
    steps,
    money,
    { from, hint: { type: 'tell', text: toldOfRepeat(names) } },
  );
}

/** Failed, and the very next call of the agent was the same and failed too: twice is enough here. */
export function* failedRepeats(run: AnalysedRun): Iterable<FoundFinding> {
  const asked = callsByAsker(run);
  for (const calls of byAgent(run.tools)) {
    const lastSuccess = new Map(
      calls.flatMap(({ signature, failed }, at) => (failed ? [] : [[signature, at] as const])),
    );
    for (let at = 0; at + 1 < calls.length; at += 1) {
      const call = calls[at];
      if (call?.signature === undefined || !call.failed) continue;
      let to = at + 1;
      while (isSameFailure(call, calls[to])) to += 1;
      const times = to - at;
      // Three and more in a row with the same result are found as a repetition.
      if (times === 2 || (times > 2 && new Set(calls.slice(at, to).map(({ result }) => result)).size > 1)) {
        const all = calls.slice(at, to);
        const again = all.slice(1);
        const succeeded = (lastSuccess.get(call.signature) ?? -1) >= to;
        if (!succeeded && again[0]?.requestedBy !== call.requestedBy) {
          const words = oneLine(call.words, 120);
          yield found(
            { kind: 'failed-repeat', call: words, times, error: oneLine(call.resultBegins, 200) },
            all.map(({ step }) => step),
            costOfCalls(run, askedOnlyFor(asked, again)),
            { from: again[0]?.requestedBy, hint: { type: 'tell', text: toldOfFailure(words) } },
          );
        }
      }
      at = to - 1;
    }
  }
}

function isSameFailure(call: ToolCall, other: ToolCall | undefined): boolean {
  return other !== undefined && other.failed && other.signature === call.signature;
}

const toldOfRepeat = (names: readonly string[]): string =>
  `You have already called ${names.join(', then ')} and have its result above; calling it again gives the same. Go on with what you know, or do something else.`;
const toldOfFailure = (name: string): string =>
  `${name} has failed, and calling it again unchanged fails in the same way. Change the call, or do something else.`;

/** Calls by the agent that made them, in run order; parallel ones of other agents do not come between. */
function byAgent(tools: readonly ToolCall[]): Iterable<readonly ToolCall[]> {
  return Map.groupBy(tools, ({ instance }) => instance).values();
}

/** The round that begins there, with the fewest calls that repeats at all. */
function roundAt(calls: readonly ToolCall[], from: number): Round | undefined {
  for (let length = 1; length <= longestRound; length += 1) {
    let times = 1;
    while (sameRound(calls, from, from + times * length, length)) times += 1;
    if (times < fewestTimes(length) || askedAtOnce(calls.slice(from, from + length * times))) continue;
    return { from, calls: length, times };
  }
  return undefined;
}

function sameRound(calls: readonly ToolCall[], left: number, right: number, length: number): boolean {
  for (let offset = 0; offset < length; offset += 1) {
    const one = calls[left + offset];
    const other = calls[right + offset];
    if (one?.signature === undefined || one.result === undefined || other === undefined) return false;
    if (one.signature !== other.signature || one.result !== other.result) return false;
  }
  return true;
}

/** All of it in one answer: the model did not know the results yet. */
function askedAtOnce(calls: readonly ToolCall[]): boolean {
  const [first] = calls;
  return first?.requestedBy !== undefined && calls.every(({ requestedBy }) => requestedBy === first.requestedBy);
}

/** Places in [from, to) behind which nothing in it calls the same. */
function lastOfEach(calls: readonly ToolCall[], from: number, to: number): readonly number[] {
  return [...new Map(calls.slice(from, to).map(({ signature }, at) => [signature, from + at])).values()];
}

/** Per call whether the same call gives something else later on. */
function changesLater(calls: readonly ToolCall[]): readonly boolean[] {
  const later = new Map<string, { readonly result: string | undefined; readonly changes: boolean }>();
  const found: boolean[] = [];
  for (const [at, { signature, result }] of [...calls.entries()].toReversed()) {
    const next = signature === undefined ? undefined : later.get(signature);
    const changes = next !== undefined && (next.changes || next.result !== result);
    found[at] = changes;
    if (signature !== undefined) later.set(signature, { result, changes });
  }
  return found;
}

type CallsByAsker = ReadonlyMap<number | undefined, readonly ToolCall[]>;
const callsByAsker = ({ tools }: AnalysedRun): CallsByAsker => Map.groupBy(tools, ({ requestedBy }) => requestedBy);

/** Calls of models that asked for nothing but these: what they cost would not have been spent. */
function askedOnlyFor(asked: CallsByAsker, again: readonly ToolCall[]): readonly number[] {
  const wasted = new Set(again.map(({ step }) => step));
  const askers = new Set(again.flatMap(({ requestedBy }) => (requestedBy === undefined ? [] : [requestedBy])));
  return [...askers].filter((asker) => asked.get(asker)?.every(({ step }) => wasted.has(step)));
}
