import { hash } from 'node:crypto';
import { spanId as asSpanId } from '../../../../shared/model/units.ts';
import type { Nanos, SpanId } from '../../../../shared/model/units.ts';
import { logStepSpanId } from '../../telemetry/log-step.ts';
import type { FactSpan } from '../../telemetry/step-facts.ts';
import { callKey, responseKey } from '../conventions/log-convention.ts';
import type { LogSubject, NearSpan } from '../conventions/log-convention.ts';

/** A record with what it tells of. `id`: in the library, in order of arrival. */
export interface DescribedLog {
  readonly id: number;
  /** The span it names. */
  readonly spanId: SpanId | undefined;
  readonly subject: LogSubject | undefined;
}

/** A step that no span stands for. */
export interface PlannedLogStep {
  readonly spanId: SpanId;
  /** logStepSpanId of its first record: what its records go by. */
  readonly recordsId: SpanId;
  readonly firstLog: number;
  readonly parentSpanId: SpanId | undefined;
  readonly startNs: Nanos;
  readonly endNs: Nanos;
}

export interface LogPlan {
  /** Records of each span and step made of logs, ids in order of arrival. */
  readonly bySpan: ReadonlyMap<SpanId, readonly number[]>;
  /** Those of them that are elsewhere than at the span that the record names. */
  readonly moved: ReadonlyMap<SpanId, readonly number[]>;
  readonly steps: readonly PlannedLogStep[];
}

/** Which records tell of which span, and which make steps of their own. O(n log n) in both. */
export function joinLogs(logs: readonly DescribedLog[], spans: Iterable<FactSpan>): LogPlan {
  const index = indexSpans(spans);
  matchOwn(logs, index);
  matchNear(logs, index);
  const seeds = new Map<string, Seed>();
  for (const log of logs) {
    const step = log.subject?.step;
    if (!step || index.byKey.has(step.key)) continue;
    const known = seeds.get(step.key);
    const own = step.namesItself === true && log.spanId !== undefined;
    if (!known)
      seeds.set(step.key, {
        recordsId: logStepSpanId(log.id),
        spanId: own ? log.spanId : idOfKey(step.key),
        firstLog: log.id,
        named: own ? undefined : log.spanId,
        under: step.under,
        startNs: step.startNs,
        endNs: step.endNs,
      });
    else {
      if (step.startNs < known.startNs) known.startNs = step.startNs;
      if (step.endNs > known.endNs) known.endNs = step.endNs;
    }
  }
  // A step made of the record that opens it lasts as long as what is under it.
  for (const seed of seeds.values()) {
    const above = seed.under === undefined ? undefined : seeds.get(seed.under);
    if (above && seed.endNs > above.endNs) above.endNs = seed.endNs;
  }
  // Two records may claim one span's place.
  const taken = new Set(index.ids);
  for (const seed of seeds.values()) {
    if (seed.spanId === undefined || taken.has(seed.spanId)) seed.spanId = seed.recordsId;
    taken.add(seed.spanId);
  }
  const targetOf = (key: string): SpanId | undefined => index.byKey.get(key) ?? seeds.get(key)?.recordsId;
  const { bySpan, moved } = place(logs, targetOf);
  const steps = [...seeds.values()].map((seed): PlannedLogStep => {
    const spanId = seed.spanId ?? seed.recordsId;
    const named = seed.named !== undefined && taken.has(seed.named) ? seed.named : undefined;
    const above = seed.under === undefined ? undefined : (index.byKey.get(seed.under) ?? seeds.get(seed.under)?.spanId);
    return {
      spanId,
      recordsId: seed.recordsId,
      firstLog: seed.firstLog,
      parentSpanId: named ?? (above === spanId ? undefined : above),
      startNs: seed.startNs,
      endNs: seed.endNs,
    };
  });
  return { bySpan, moved, steps };
}

/** A step made of logs has the same id in every library: its key is its client's own. */
export function idOfKey(key: string): SpanId {
  return asSpanId(`ffff${hash('sha256', key, 'hex').slice(0, 12)}`);
}

interface Seed {
  readonly recordsId: SpanId;
  /** Where it stands in the tree. */
  spanId: SpanId | undefined;
  readonly firstLog: number;
  readonly named: SpanId | undefined;
  readonly under: string | undefined;
  startNs: Nanos;
  endNs: Nanos;
}

function place(
  logs: readonly DescribedLog[],
  targetOf: (key: string) => SpanId | undefined,
): Pick<LogPlan, 'bySpan' | 'moved'> {
  const bySpan = new Map<SpanId, number[]>();
  const moved = new Map<SpanId, number[]>();
  for (const { id, spanId, subject } of logs) {
    const targets = new Set((subject?.about ?? []).flatMap((key) => targetOf(key) ?? []));
    const stays = targets.size === 0 || (targets.size === 1 && spanId !== undefined && targets.has(spanId));
    if (stays && spanId !== undefined) add(bySpan, spanId, id);
    if (stays) continue;
    for (const target of targets) {
      add(bySpan, target, id);
      add(moved, target, id);
    }
  }
  return { bySpan, moved };
}

function add(lists: Map<SpanId, number[]>, spanId: SpanId, id: number): void {
  const list = lists.get(spanId);
  if (list) list.push(id);
  else lists.set(spanId, [id]);
}

interface SpanIndex {
  readonly ids: Set<SpanId>;
  /** Spans by the keys of their facts, and, once matched, by keys of records that only time ties to them. */
  readonly byKey: Map<string, SpanId>;
  readonly byKind: ReadonlyMap<string, readonly FactSpan[]>;
}

function indexSpans(spans: Iterable<FactSpan>): SpanIndex {
  const ids = new Set<SpanId>();
  const owners = new Map<string, FactSpan>();
  const byKind = new Map<string, FactSpan[]>();
  for (const span of spans) {
    ids.add(span.spanId);
    const { facts } = span;
    const key = keyOf(span);
    const owner = key === undefined ? undefined : owners.get(key);
    // One call seen several times, one inside the other: the outermost is the step.
    if (key !== undefined && (!owner || isOutside(span, owner))) owners.set(key, span);
    if (facts.hidden) continue;
    const known = byKind.get(facts.kind);
    if (known) known.push(span);
    else byKind.set(facts.kind, [span]);
  }
  return { ids, byKind, byKey: new Map([...owners].map(([key, span]) => [key, span.spanId])) };
}

function keyOf({ facts }: FactSpan): string | undefined {
  if (facts.kind === 'tool') return facts.tool?.callId === undefined ? undefined : callKey(facts.tool.callId);
  return facts.kind === 'llm' && facts.responseId !== undefined ? responseKey(facts.responseId) : undefined;
}

function isOutside(span: FactSpan, other: FactSpan): boolean {
  return span.startNs === other.startNs ? span.endNs > other.endNs : span.startNs < other.startNs;
}

function matchOwn(logs: readonly DescribedLog[], index: SpanIndex): void {
  for (const { spanId, subject } of logs) {
    const step = subject?.step;
    if (step?.namesItself === true && spanId !== undefined && index.ids.has(spanId) && !index.byKey.has(step.key))
      index.byKey.set(step.key, spanId);
  }
}

/** Batches and clocks apart, a record of an answer comes with the end of its span: further off it is another one's. */
const farthest = 5_000_000_000n;

/** Each span is taken once, by the nearest in order of time; its index is what has been found. */
function matchNear(logs: readonly DescribedLog[], index: SpanIndex): void {
  const wanted = logs
    .flatMap(({ subject }) =>
      subject?.near && subject.about.length > 0 ? [{ near: subject.near, about: subject.about }] : [],
    )
    .toSorted((left, right) => (left.near.atNs < right.near.atNs ? -1 : 1));
  if (wanted.length === 0) return;
  const taken = new Set<SpanId>();
  const byEnd = new Map(
    [...index.byKind].map(([kind, spans]) => [
      kind,
      spans.toSorted((left, right) => (left.endNs < right.endNs ? -1 : 1)),
    ]),
  );
  for (const { near, about } of wanted) {
    const candidates = byEnd.get(near.kind) ?? [];
    const found = near.by === 'end' ? nearest(candidates, near, taken) : innermost(candidates, near);
    if (!found) continue;
    if (near.by === 'end') taken.add(found.spanId);
    for (const key of about) if (!index.byKey.has(key)) index.byKey.set(key, found.spanId);
  }
}

function nearest(spans: readonly FactSpan[], near: NearSpan, taken: ReadonlySet<SpanId>): FactSpan | undefined {
  let best: FactSpan | undefined;
  for (let at = firstFrom(spans, near.atNs - farthest); at < spans.length; at += 1) {
    const span = spans[at];
    if (!span || span.endNs > near.atNs + farthest) break;
    if (taken.has(span.spanId) || !hasCounts(span, near)) continue;
    if (!best || distance(span, near) < distance(best, near)) best = span;
  }
  return best;
}

/** Agents and their turns: few in a run. */
function innermost(spans: readonly FactSpan[], near: NearSpan): FactSpan | undefined {
  let best: FactSpan | undefined;
  for (let at = firstFrom(spans, near.atNs); at < spans.length; at += 1) {
    const span = spans[at];
    if (span && span.startNs <= near.atNs && (!best || span.startNs > best.startNs)) best = span;
  }
  return best;
}

function firstFrom(spans: readonly FactSpan[], endNs: bigint): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.endNs ?? 0n) < endNs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hasCounts({ facts: { usage } }: FactSpan, near: NearSpan): boolean {
  const same = (left: number | undefined, right: number | undefined): boolean =>
    left === undefined || right === undefined || left === right;
  return same(usage?.input, near.input) && same(usage?.output, near.output);
}

function distance(span: FactSpan, { atNs }: NearSpan): bigint {
  const apart = span.endNs - atNs;
  return apart < 0n ? -apart : apart;
}
