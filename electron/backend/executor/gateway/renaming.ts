import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { ItemKey } from './call-keys.ts';
import type { LiveCall, RecordedCall } from './matched-calls.ts';
import type { SaidValues } from './said-values.ts';
import type { FreeKind } from './scrub.ts';

/**
 * Which value of the recording stands for which of this take. Values of the agent's own world (clock, ids, paths, ports) are other ones in
 * every run: a live request that repeats a recorded one but for them teaches how they are called now, one for one, and every later
 * request must agree (FACTS.md, Matching).
 */
export interface Renaming {
  /** How the request would be the recorded one; or why it is not. */
  unify(recorded: RecordedCall, live: LiveCall, how: Unifying): Unified;
  /** The match is used: what it taught holds from now on. */
  learn(unified: Fitting, live: LiveCall): void;
  /** A request that no recorded one stands for: what it names first was made past the recording. */
  passed(live: LiveCall): void;
}

export interface Unifying {
  /** all: instructions and messages. items: messages. chain: the first user message and the answers; what else agrees in form is compared as well. */
  readonly scope: 'all' | 'items' | 'chain';
  /** After the fork: only what is sure to be unchanged. */
  readonly strict: boolean;
}

export interface Fitting {
  readonly fits: true;
  /** How much is the same or has its known other name. `sure` counts names and times, `chance` figures that may meet by chance. */
  readonly sure: number;
  readonly chance: number;
  readonly introduced: readonly Pair[];
  /** Names that both have. */
  readonly kept: readonly string[];
}

export type Unified =
  | Fitting
  | {
      readonly fits: false;
      /** A value that means something else: no looser way of matching may pass over it. */
      readonly conflict: Pair | undefined;
    };

export interface Pair {
  readonly kind: FreeKind;
  readonly recorded: string;
  readonly live: string;
}

export interface RenamingOptions {
  readonly recordedSaid: SaidValues;
  /** Names that the recording holds anywhere: a live request that has one means that one. */
  readonly recordedNames: ReadonlySet<string>;
  /** Times by the first request that had them, other than as the assistant's words. */
  readonly recordedTimes: ReadonlyMap<string, number>;
  /** Made in the recording past the fork, in its thread: nothing of this take stands for them. */
  readonly pastFork: () => ReadonlySet<string>;
  readonly liveSaid: SaidValues;
}

const nothing: Unified = { fits: false, conflict: undefined };

export function createRenaming({
  recordedSaid,
  recordedNames,
  recordedTimes,
  pastFork,
  liveSaid,
}: RenamingOptions): Renaming {
  const names = new Map<string, string>();
  const inverse = new Map<string, string>();
  /** Of times and measures, which may have several. */
  const times = new Map<string, Set<string>>();
  /** Times that the agent's own clock made in this take: a request had them before any answer. */
  const ownTimes = new Set<string>();
  /** Names that were the same in both. */
  const kept = new Set<string>();
  /** Names that only live calls past the recording have. */
  const newNames = new Set<string>();

  /** Of the clock, though an answer named its day, or repeated it: workers read the clock at the same time, and one of them is quoted. */
  function isOwnOfRecording(time: string): boolean {
    const asked = recordedTimes.get(time);
    return asked !== undefined && !recordedSaid.has('name', time, asked);
  }

  function noteTimes({ keys }: LiveCall): void {
    for (const { values } of [keys.system, ...keys.items.filter(({ role }) => role !== 'assistant')])
      for (const { kind, value } of values) if (kind === 'time' && !liveSaid.has('name', value)) ownTimes.add(value);
  }

  function unify(recorded: RecordedCall, live: LiveCall, { scope, strict }: Unifying): Unified {
    const introduced: Pair[] = [];
    const same: string[] = [];
    const newly = new Map<string, string>();
    const newlyInverse = new Map<string, string>();
    let sure = 0;
    let chance = 0;

    function name(kind: FreeKind, before: string, now: string): boolean {
      if (before === now) {
        sure++;
        same.push(now);
        return true;
      }
      const known = newly.get(before) ?? names.get(before);
      if (known !== undefined) {
        if (known === now) sure++;
        return known === now;
      }
      const other = newlyInverse.get(now) ?? inverse.get(now);
      if (other !== undefined && other !== before) return false;
      if (kept.has(before) || recordedNames.has(now) || recordedSaid.has(kind, now)) return false;
      if (recordedSaid.has(kind, before, recorded.seq) || liveSaid.has(kind, now)) return false;
      if (strict && (newNames.has(now) || pastFork().has(before))) return false;
      newly.set(before, now);
      newlyInverse.set(now, before);
      introduced.push({ kind, recorded: before, live: now });
      return true;
    }

    function time(before: string, now: string): boolean {
      if (before === now || times.get(before)?.has(now) === true) {
        sure++;
        return true;
      }
      const isClock = isReading(before) && isShifted(before, now, recorded, live);
      if (recordedSaid.has('time', before, recorded.seq) && !(isClock && isOwnOfRecording(before))) return false;
      if (liveSaid.has('time', now) && !(isClock && (!liveSaid.has('name', now) || ownTimes.has(now)))) return false;
      if (strict && !isShifted(before, now, recorded, live)) return false;
      introduced.push({ kind: 'time', recorded: before, live: now });
      return true;
    }

    function measure(before: string, now: string): boolean {
      if (before === now || times.get(before)?.has(now) === true) {
        chance++;
        return true;
      }
      if (recordedSaid.has('measure', before, recorded.seq) || liveSaid.has('measure', now)) return false;
      if (strict && liveSaid.hasFigures(now)) return false;
      introduced.push({ kind: 'measure', recorded: before, live: now });
      return true;
    }

    function path(before: string, now: string): boolean {
      const left = before.split('/');
      const right = now.split('/');
      if (left.length !== right.length) return name('path', before, now);
      return left.every((segment, at) => name('path', segment, right[at] ?? ''));
    }

    function value(kind: FreeKind, before: string, now: string): boolean {
      switch (kind) {
        case 'any':
          return true;
        case 'name':
          return name(kind, before, now);
        // After the fork it may have been reckoned from what has changed.
        case 'number':
          return (!strict || before === now || names.get(before) === now) && name(kind, before, now);
        case 'path':
          return path(before, now);
        case 'time':
          return time(before, now);
        case 'measure':
          return measure(before, now);
        default:
          return assertNever(kind);
      }
    }

    function item(ours: ItemKey | undefined, theirs: ItemKey | undefined, isLoose: boolean): Unified | undefined {
      if (!ours || !theirs) return ours === theirs || isLoose ? undefined : nothing;
      if (ours.exact === theirs.exact) {
        sure += ours.values.length;
        for (const { kind, value: both } of ours.values) if (kind === 'name' || kind === 'number') same.push(both);
        return undefined;
      }
      if (ours.scrubbed !== theirs.scrubbed || ours.values.length !== theirs.values.length)
        return isLoose ? undefined : nothing;
      for (const [at, { kind: of, value: before }] of ours.values.entries()) {
        const { kind: other, value: now } = theirs.values[at] ?? { kind: of, value: '' };
        // An id that is figures alone by chance is an id, as the other one shows.
        const kind = of === 'number' && other === 'name' ? other : of;
        if (!value(kind, before, now)) return { fits: false, conflict: { kind, recorded: before, live: now } };
      }
      return undefined;
    }

    if (scope === 'all') {
      const refused = item(recorded.keys.system, live.keys.system, false);
      if (refused) return refused;
    }
    const count = Math.max(recorded.keys.items.length, live.keys.items.length);
    let sawUser = false;
    for (let at = 0; at < count; at++) {
      const ours = recorded.keys.items[at];
      const isChain = ours?.role === 'assistant' || (ours?.role === 'user' && !sawUser);
      sawUser ||= ours?.role === 'user';
      const refused = item(ours, live.keys.items[at], scope === 'chain' && !isChain);
      if (refused) return refused;
    }
    return { fits: true, sure, chance, introduced, kept: same };
  }

  return {
    unify,
    learn(unified, live) {
      noteTimes(live);
      for (const { kind, recorded, live } of unified.introduced) {
        if (kind === 'time' || kind === 'measure') {
          const known = times.get(recorded) ?? new Set();
          times.set(recorded, known.add(live));
        } else {
          names.set(recorded, live);
          inverse.set(live, recorded);
        }
      }
      for (const one of unified.kept) kept.add(one);
    },
    passed(live) {
      noteTimes(live);
      for (const { values } of [live.keys.system, ...live.keys.items])
        for (const { kind, value } of values)
          if (kind === 'name' || kind === 'number' || kind === 'path')
            for (const one of kind === 'path' ? value.split('/') : [value])
              if (!inverse.has(one) && !recordedNames.has(one)) newNames.add(one);
    },
  };
}

/** What a clock shows to the second or finer: a date may be what somebody was told. */
function isReading(time: string): boolean {
  return /\d:\d\d:\d\d/.test(time) || /^\d{10,}(?:\.\d+)?$/.test(time);
}

const minute = 60_000;
const day = 86_400_000;

/** A time of the clock has moved as far as the clock has, give or take what the two runs took. */
function isShifted(before: string, now: string, recorded: RecordedCall, live: LiveCall): boolean {
  if (recorded.startMs === undefined || live.atMs === undefined) return false;
  const [left, right] = [millisecondsOf(before), millisecondsOf(now)];
  if (left === undefined || right === undefined) return false;
  const slack = /\d:\d\d/.test(before) || /^\d+(\.\d+)?$/.test(before) ? 10 * minute : day;
  return Math.abs(right - left - (live.atMs - recorded.startMs)) <= slack;
}

function millisecondsOf(text: string): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    const digits = text.replace(/\..*$/s, '').length;
    return Number(text) / 10 ** (digits - 13);
  }
  const time = Date.parse(text.replace(',', '.').replace(/(\d)(?:st|nd|rd|th)\b/, '$1'));
  return Number.isNaN(time) ? undefined : time;
}
