import type { Cause } from '../../../../shared/model/cause.ts';
import { differencesOf, sharedItems } from './call-difference.ts';
import type { MatchLevel } from './call-keys.ts';
import { matchLevels } from './call-keys.ts';
import type { LiveCall, RecordedCall } from './matched-calls.ts';
import type { WireCall } from './wire.ts';

export type Match =
  | {
      readonly kind: 'recorded';
      readonly recorded: RecordedCall;
      readonly level: MatchLevel;
      /** Several recorded calls fitted equally well; the earliest was taken. */
      readonly ambiguous: boolean;
      /** Differences that were looked past. */
      readonly ignored: readonly Cause[];
      /** Served before to the same request, and served again. */
      readonly again: boolean;
      /** Failed attempts of the same call that the recording holds; they are not repeated. */
      readonly collapsed: readonly number[];
    }
  | { readonly kind: 'diverged'; readonly nearest: RecordedCall | undefined; readonly cause: Cause };

/**
 * Finds what to answer by causality (FACTS.md, Matching): a request belongs to the recorded call whose conversation it repeats,
 * whenever it comes. Holds what was served; makes no answer itself.
 */
export interface Matcher {
  match(live: LiveCall, levels?: readonly MatchLevel[]): Match;
  /** Notes that the match was used. `delivered` is called when the client has the whole answer. */
  consume(live: LiveCall, match: Extract<Match, { kind: 'recorded' }>): { delivered(): void };
  /** The same calls under other keys: what was served stays served. */
  lookAgain(recorded: readonly RecordedCall[]): void;
  /** Recorded calls that nobody asked for. */
  unused(): readonly RecordedCall[];
}

interface Served {
  readonly match: Extract<Match, { kind: 'recorded' }>;
  delivered: boolean;
}

function indexOf(
  recorded: readonly RecordedCall[],
): ReadonlyMap<MatchLevel, ReadonlyMap<string, readonly RecordedCall[]>> {
  const index = new Map<MatchLevel, Map<string, RecordedCall[]>>(matchLevels.map((level) => [level, new Map()]));
  for (const call of recorded) {
    for (const level of matchLevels) {
      const byKey = index.get(level);
      for (const key of new Set([call.keys, ...(call.otherKeys ?? [])].map(({ byLevel }) => byLevel[level]))) {
        const list = byKey?.get(key);
        if (list) list.push(call);
        else byKey?.set(key, [call]);
      }
    }
  }
  return index;
}

export function createMatcher(given: readonly RecordedCall[]): Matcher {
  let recorded = given;
  let free = new Map(recorded.map((call) => [call.seq, call]));
  let index = indexOf(recorded);
  const served = new Map<string, Served>();
  const servedCallIds = new Set<string>();

  function candidatesAt(level: MatchLevel, live: LiveCall, ofOurs: boolean): readonly RecordedCall[] {
    const found = (index.get(level)?.get(live.keys.byLevel[level]) ?? []).filter(({ seq }) => free.has(seq));
    // Ids that we served come back word for word: they name the thread that this request continues.
    return ofOurs ? found.filter(({ keys }) => keys.echoKey === live.keys.echoKey) : found;
  }

  function pick(level: MatchLevel, live: LiveCall, candidates: readonly RecordedCall[]): Match | undefined {
    const [first] = candidates;
    if (!first) return undefined;
    const ranked = candidates.length === 1 ? candidates : closest(candidates, live);
    const found = ranked[0] ?? first;
    const attempts = (index.get('exact')?.get(found.keys.byLevel.exact) ?? []).filter(
      ({ seq, keys }) => free.has(seq) && keys.echoKey === found.keys.echoKey,
    );
    const outcome = isRetryable(found.status)
      ? (attempts.find(({ seq, status }) => seq > found.seq && !isRetryable(status)) ?? attempts.at(-1) ?? found)
      : found;
    return {
      kind: 'recorded',
      recorded: outcome,
      level,
      again: false,
      ambiguous: ranked.filter(({ status }) => !isRetryable(status)).length > 1,
      ignored: level === 'exact' && live.keys.params === outcome.keys.params ? [] : differencesOf(live, outcome, level),
      collapsed:
        outcome === found
          ? []
          : attempts.filter(({ seq, status }) => seq < outcome.seq && isRetryable(status)).map(({ seq }) => seq),
    };
  }

  return {
    match(live, levels = matchLevels) {
      const before = served.get(identityOf(live));
      if (before && (live.isRetry || !before.delivered)) return { ...before.match, again: true, collapsed: [] };
      const ofOurs = live.keys.echoed.length > 0 && live.keys.echoed.every((id) => servedCallIds.has(id));
      for (const level of levels) {
        const found = pick(level, live, candidatesAt(level, live, ofOurs));
        if (found) return found;
      }
      // An answer that makes its client ask again (a recorded failure without a success after it) is asked for again.
      if (before && isRetryable(before.match.recorded.status)) return { ...before.match, again: true, collapsed: [] };
      const nearest = nearestTo(live, free.size > 0 ? [...free.values()] : recorded);
      return {
        kind: 'diverged',
        nearest,
        cause: nearest
          ? (differencesOf(live, nearest, 'exact')[0] ?? { kind: 'served-before' })
          : { kind: 'no-such-call' },
      };
    },
    consume(live, match) {
      const entry: Served = { match, delivered: false };
      served.set(identityOf(live), entry);
      free.delete(match.recorded.seq);
      for (const seq of match.collapsed) free.delete(seq);
      for (const id of match.recorded.toolCallIds) servedCallIds.add(id);
      return { delivered: () => void (entry.delivered = true) };
    },
    lookAgain(next) {
      recorded = next;
      free = new Map(next.flatMap((call) => (free.has(call.seq) ? [[call.seq, call]] : [])));
      index = indexOf(next);
    },
    unused: () => [...free.values()],
  };
}

/** 408, 409, 429 and 5xx: what every client asks again for. */
export function isRetryable(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

/** A request and nothing else is this one: its text and the ids it carries. */
function identityOf({ keys }: LiveCall): string {
  return `${keys.byLevel.exact} ${keys.echoKey}`;
}

/** Those that share most with the request, by exact messages, then instructions; ties stay in the order of the recording. */
function closest(candidates: readonly RecordedCall[], live: LiveCall): readonly RecordedCall[] {
  const scores = candidates.map((candidate) => ({ candidate, score: likeness(candidate, live) }));
  const best = Math.max(...scores.map(({ score }) => score));
  return scores.filter(({ score }) => score === best).map(({ candidate }) => candidate);
}

function likeness({ keys, call }: RecordedCall, live: LiveCall): number {
  const same = keys.items.filter((item, at) => item.exact === live.keys.items[at]?.exact).length;
  const sameScrubbed = keys.items.filter((item, at) => item.scrubbed === live.keys.items[at]?.scrubbed).length;
  const ids = keys.echoKey === live.keys.echoKey ? 1 : 0;
  const system =
    keys.system.scrubbed === live.keys.system.scrubbed ? 1 : wordsInCommon(textOf(call), textOf(live.call));
  return ids * 1_000_000 + sameScrubbed * 1_000 + same + system;
}

function textOf(call: WireCall): string {
  return call.system.map((part) => (part.type === 'text' ? part.text : '')).join(' ');
}

/** 0 to below 1: the share of words that both texts have. */
function wordsInCommon(left: string, right: string): number {
  const words = (text: string): Set<string> => new Set(text.slice(0, 20_000).split(/\W+/));
  const a = words(left);
  const b = words(right);
  return [...a].filter((word) => b.has(word)).length / (a.size + b.size + 1);
}

function nearestTo(live: LiveCall, calls: readonly RecordedCall[]): RecordedCall | undefined {
  let best: RecordedCall | undefined;
  let bestScore = -1;
  for (const candidate of calls) {
    if (candidate.call.family !== live.call.family) continue;
    const score =
      sharedItems(live.keys, candidate.keys) * 1_000 - Math.abs(candidate.keys.items.length - live.keys.items.length);
    if (best === undefined || score > bestScore) [best, bestScore] = [candidate, score];
  }
  return best;
}
