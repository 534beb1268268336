import type { CacheCause, CacheDrop, ContextDifference } from '../../../shared/model/context-lens.ts';
import type { Usage } from '../../../shared/model/usage.ts';
import type { LedgerCall, LedgerEntry, LedgerItem } from './ledger-entry.ts';
import { cacheReadRate, inputRates } from './rent.ts';

/** Providers count their caches in steps of up to this many tokens, so that less is no loss. */
const smallestLoss = 256;

/**
 * How many tokens of a call should have been in the cache, where clearly fewer were read from it: what the call before it in its
 * conversation read and wrote (FACTS.md, Prompt caches). Undefined: nothing was lost, or the client does not say.
 */
export function lostToTheCache(usage: Usage, previous: Usage | undefined): number | undefined {
  if (previous === undefined || usage.cacheRead === undefined) return undefined;
  const stood = (previous.cacheRead ?? 0) + (previous.cacheWrite ?? 0);
  // A request that has become shorter than what was cached cannot find more than itself.
  const expected = Math.min(stood, previous.input ?? stood, usage.input ?? stood);
  return expected - usage.cacheRead >= Math.max(smallestLoss, expected * 0.1) ? expected : undefined;
}

export interface DropInput {
  readonly call: LedgerCall;
  readonly previous: LedgerEntry;
  /** What the two calls carried and the trace has, in the order of the request. */
  readonly before: readonly LedgerItem[];
  readonly now: readonly LedgerItem[];
  /** Reported tokens are not in the trace. */
  readonly hidden: boolean;
  readonly compacted: boolean;
  readonly expected: number;
  /** Calls of the run so far, the newest first: one of them may say what reading from the cache costs. */
  readonly earlier: readonly LedgerEntry['call'][];
}

export function explainDrop(input: DropInput): CacheDrop {
  const { call, previous, expected } = input;
  const matched = call.usage.cacheRead ?? 0;
  const rates = inputRates(call);
  const paid = (call.usage.cacheWrite ?? 0) > 0 ? rates?.write : rates?.plain;
  const readFor = cacheReadRate(call.model === previous.call.model ? [call, ...input.earlier] : [call]);
  return {
    previous: previous.call.step,
    expected,
    matched,
    cause: causeOf(input),
    ...(readFor === undefined || paid === undefined
      ? {}
      : { usd: (expected - matched) * Math.max(0, (paid - readFor) / 1e6) }),
  };
}

/** Fields of a request that stand before its messages in the cache's eyes (Anthropic: tool choice and thinking; OpenAI: effort and format). */
const cachedParameters =
  /tool_choice|thinking|reasoning|effort|response_format|parallel_tool|service_tier|prompt_cache/i;

function causeOf({ call, previous, before, now, hidden, compacted, expected }: DropInput): CacheCause {
  const { call: earlier } = previous;
  if (call.model !== undefined && earlier.model !== undefined && call.model !== earlier.model)
    return { kind: 'model', from: earlier.model, to: call.model };
  const at = firstDifference(before, now);
  const reaches = before.slice(0, at).reduce((sum, { tokens }) => sum + tokens, 0) * previous.scale;
  const gapMs = Math.max(0, call.startMs - earlier.startMs);
  const keptMs = keptFor(earlier.usage);
  // What differs behind everything that was cached cannot have cost any of it.
  if (at < before.length && reaches < expected) {
    const difference = differenceOf(before, now, at);
    return compacted && difference.kind === 'message' ? { kind: 'compaction' } : difference;
  }
  const changed = changedParameter(earlier.parameters, call.parameters);
  if (changed !== undefined) return { kind: 'parameters', name: changed };
  if (gapMs > keptMs) return { kind: 'timeout', gapMs, keptMs };
  if (call.gap !== undefined) return { kind: 'unknown', why: call.gap };
  if (before.length === 0 || now.length === 0)
    return { kind: 'unknown', why: 'the client sent no content of these calls' };
  if (hidden)
    return { kind: 'unknown', why: 'what the trace holds is the same, and a part of the request is not in it' };
  return { kind: 'provider', gapMs };
}

/** Five minutes from the last use, an hour where it was paid for (Anthropic); OpenAI promises five to ten minutes. */
function keptFor(usage: Usage): number {
  return (usage.cacheWrite1h ?? 0) > 0 ? 3_600_000 : 300_000;
}

function firstDifference(before: readonly LedgerItem[], now: readonly LedgerItem[]): number {
  let at = 0;
  while (at < before.length && at < now.length && before[at] === now[at]) at += 1;
  return at;
}

function differenceOf(before: readonly LedgerItem[], now: readonly LedgerItem[], at: number): CacheCause {
  const was = before[at];
  const is = now[at];
  const ofTools = was?.category === 'tools' || is?.category === 'tools';
  const ofSystem = was?.category === 'system' || is?.category === 'system';
  const difference = textDifference(was, is);
  if (ofTools) {
    const names = (items: readonly LedgerItem[]): ReadonlySet<string> =>
      new Set(items.filter(({ category }) => category === 'tools').map(({ label }) => label));
    const earlier = names(before);
    const later = names(now);
    return {
      kind: 'tools',
      added: [...later].filter((name) => !earlier.has(name)),
      removed: [...earlier].filter((name) => !later.has(name)),
      difference,
    };
  }
  if (ofSystem) return { kind: 'system', difference };
  const how =
    is === undefined || before.indexOf(is, at) > at
      ? 'removed'
      : was !== undefined && now.indexOf(was, at) > at
        ? 'inserted'
        : 'changed';
  return { kind: 'message', how, difference };
}

const shownCharacters = 60;

function textDifference(was: LedgerItem | undefined, is: LedgerItem | undefined): ContextDifference {
  const left = was?.text ?? '';
  const right = is?.text ?? '';
  let same = 0;
  const longest = Math.min(left.length, right.length);
  while (same < longest && left.charCodeAt(same) === right.charCodeAt(same)) same += 1;
  // Half a surrogate pair is no place.
  if (same > 0 && /[\uD800-\uDBFF]/.test(left[same - 1] ?? '')) same -= 1;
  const from = Math.max(0, same - 20);
  const cut = (text: string): string => text.slice(from, same + shownCharacters).toWellFormed();
  return {
    label: (was ?? is)?.label ?? '',
    byte: Buffer.byteLength(left.slice(0, same), 'utf8'),
    before: cut(left),
    after: cut(right),
  };
}

type Parameters = LedgerCall['parameters'];

function changedParameter(before: Parameters, now: Parameters): string | undefined {
  const earlier = new Map(before.map(({ name, value }) => [name, value]));
  const later = new Map(now.map(({ name, value }) => [name, value]));
  return [...new Set([...earlier.keys(), ...later.keys()])].find(
    (name) => cachedParameters.test(name) && earlier.get(name) !== later.get(name),
  );
}
