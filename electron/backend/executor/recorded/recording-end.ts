import { isRecord, parseJson, stableJson } from '../../base/json-values.ts';
import type { LiveCall, RecordedCall } from '../gateway/matched-calls.ts';
import type { WireCall, WirePart } from '../gateway/wire.ts';
import type { Loaded, RecordedCalls } from './recorded-calls.ts';

type Placed = Pick<RecordedCall, 'call' | 'keys'>;

/** What a run that did not end well leaves to go on from (FACTS.md, Resumed runs). */
export interface RecordingEnd {
  /** Without the calls that broke off. */
  readonly recorded: RecordedCalls;
  /** Calls that the agent was not given an answer to go on from: refused, cut off, or never answered. They are asked again. */
  readonly brokenOff: readonly Loaded[];
}

/** A call broke off when it has no whole answer and nothing that was recorded after it goes on in its thread. */
export function endOfRecording(recorded: RecordedCalls): RecordingEnd {
  const brokenOff = recorded.calls.filter(
    (loaded) =>
      !isWhole(loaded) &&
      !recorded.calls.some(
        (later) =>
          isWhole(later) &&
          later.recorded.seq > loaded.recorded.seq &&
          goesOn(loaded.recorded, later.recorded, recorded.calls),
      ),
  );
  const broken = new Set(brokenOff);
  return { brokenOff, recorded: { ...recorded, calls: recorded.calls.filter((loaded) => !broken.has(loaded)) } };
}

function isWhole({ recorded, answer }: Loaded): boolean {
  return recorded.status < 400 && answer.error === undefined && answer.finish !== undefined;
}

/** The same thread, at the same place or after it. */
function goesOn(call: Placed, later: RecordedCall, calls: readonly Loaded[]): boolean {
  const { continues } = later.call;
  // Its history is its provider's: what it goes on from says whose it is.
  if (continues !== undefined && continues !== call.call.continues) {
    const before = calls.find(({ recorded, answer }) => recorded.seq < later.seq && answer.id === continues);
    if (before) return goesOn(call, before.recorded, calls);
  }
  const said = chainOf(call.call);
  return (
    firstUser(call) === firstUser(later) && chainOf(later.call).slice(0, said.length).join('\n') === said.join('\n')
  );
}

/**
 * Whether a call that the recording does not hold is asked because the recording ends before it: it repeats a call that broke
 * off, goes on from a recorded answer after which nothing is recorded, or comes after all that was recorded. Everything else has left
 * the recording.
 * `unused`: the recorded calls that nobody asked for yet. `isLive`: a model has answered in this take, so that what the agent asks
 * may come from there; then a call is past the end when its thread has nothing left in the recording.
 */
export function isPastTheEnd(
  live: LiveCall,
  { recorded, brokenOff }: RecordingEnd,
  { unused, isLive }: { readonly unused: readonly number[]; readonly isLive: boolean },
): boolean {
  if (recorded.calls.length === 0) return true;
  if (brokenOff.some((loaded) => isSameCall(live, loaded.recorded))) return true;
  const left = new Set(unused);
  // Agents that keep the model's words in a form of their own (smolagents) go on from no answer word for word.
  if (!recorded.calls.some(({ recorded: { seq } }) => left.has(seq))) return true;
  if (recorded.calls.some(({ recorded: other }) => left.has(other.seq) && goesOn(live, other, recorded.calls)))
    return false;
  if (isLive) return true;
  const { call } = live;
  const said = chainOf(call);
  const lastCalls = callIdsOf(call);
  return recorded.calls.some(({ recorded: one, answer }) => {
    if (left.has(one.seq)) return false;
    if (call.continues !== undefined && call.continues === answer.id) return true;
    if (lastCalls.length > 0 && lastCalls.every((id) => one.toolCallIds.includes(id))) return true;
    const expected = [...chainOf(one.call), ...wordsOf(answer.parts)];
    return expected.length > 0 && said.join('\n') === expected.join('\n');
  });
}

function isSameCall({ keys }: LiveCall, { keys: other }: RecordedCall): boolean {
  return keys.byLevel['system-blind'] === other.byLevel['system-blind'] || keys.byLevel.anchor === other.byLevel.anchor;
}

/** As matching sees it: times and ids in it do not count. */
function firstUser({ keys }: Placed): string | undefined {
  return keys.items.find(({ role }) => role === 'user')?.scrubbed;
}

/** What the model said so far, as agents send it back: formats and clients cut it into messages differently. */
function chainOf({ items }: WireCall): readonly string[] {
  return wordsOf(items.flatMap(({ role, parts }) => (role === 'assistant' ? parts : [])));
}

function wordsOf(parts: readonly WirePart[]): readonly string[] {
  return parts.flatMap((part) => {
    if (part.type === 'text') return part.text.trim() === '' ? [] : [`text ${part.text.trim()}`];
    if (part.type !== 'tool_call' || part.server === true) return [];
    const given = parseJson(part.arguments ?? '{}');
    return [`call ${part.name} ${isRecord(given) ? stableJson(given) : (part.arguments ?? '')}`];
  });
}

/** Ids of the calls in the last answer that the request repeats. */
function callIdsOf({ items }: WireCall): readonly string[] {
  const last = items.findLastIndex(({ role }) => role === 'assistant');
  let first = last;
  while (first > 0 && items[first - 1]?.role === 'assistant') first -= 1;
  return last < 0
    ? []
    : items
        .slice(first, last + 1)
        .flatMap(({ parts }) =>
          parts.flatMap((part) => (part.type === 'tool_call' && part.id !== undefined ? [part.id] : [])),
        );
}
