import type { RunId, SpanId, TraceId } from '../../../shared/model/units.ts';
import type { LibraryWriter } from '../library/library.ts';
import type { RawLog, RawSpan } from '../telemetry/raw-span.ts';
import type { AttributeReader } from '../telemetry/span-view.ts';
import type { FactSpan, RunEnvironment } from '../telemetry/step-facts.ts';
import { readAttributes, viewSpan } from '../telemetry/view-span.ts';
import { readFacts } from './conventions/conventions.ts';

/** What is known of one run between its assemblies: its spans as facts, so that a new span costs one mapping, not all of them. */
export interface RunFacts {
  /** By arrival number, in arrival order. */
  readonly spans: Map<number, FactSpan>;
  readonly seqOf: Map<SpanId, number>;
  readonly traceIds: Set<TraceId>;
  environment: RunEnvironment;
  /** Spans whose facts were read without the newest of their logs. */
  readonly withNewLogs: Set<SpanId>;
  /** Spans that have logs at all: a span that arrives after its logs is read with them. */
  readonly withLogs: Set<SpanId>;
}

export function emptyFacts(): RunFacts {
  return {
    spans: new Map(), seqOf: new Map(), traceIds: new Set(), withNewLogs: new Set(), withLogs: new Set(),
    environment: { service: undefined, environment: undefined, parentRunId: undefined, forkStep: undefined },
  };
}

/** Reads a span that has just been stored. Its logs, where it has some, are read with it before the next assembly. */
export function addSpan(facts: RunFacts, seq: number, span: RawSpan): void {
  setSpan(facts, seq, span, []);
  if (facts.withLogs.has(span.spanId)) facts.withNewLogs.add(span.spanId);
}

export function addLog(facts: RunFacts, log: RawLog): void {
  if (log.spanId === undefined) return;
  facts.withLogs.add(log.spanId);
  facts.withNewLogs.add(log.spanId);
}

/** Reads again the spans that got logs since. One pass over the run's logs, whatever the number of spans. */
export function applyNewLogs(facts: RunFacts, library: LibraryWriter, runId: RunId): void {
  if (facts.withNewLogs.size === 0) return;
  const logs = logsBySpan(library, runId);
  for (const spanId of facts.withNewLogs) {
    const seq = facts.seqOf.get(spanId);
    const span = seq === undefined ? undefined : library.readSpan(runId, seq);
    if (seq !== undefined && span) setSpan(facts, seq, span, logs.get(spanId) ?? []);
  }
  facts.withNewLogs.clear();
}

/** The facts of a run that is not in memory, read from the library. */
export function loadFacts(library: LibraryWriter, runId: RunId): RunFacts {
  const facts = emptyFacts();
  const logs = logsBySpan(library, runId);
  for (const { seq, span } of library.spansOf(runId)) setSpan(facts, seq, span, logs.get(span.spanId) ?? []);
  for (const spanId of logs.keys()) facts.withLogs.add(spanId);
  return facts;
}

export function logsBySpan(library: LibraryWriter, runId: RunId): Map<SpanId, RawLog[]> {
  const bySpan = new Map<SpanId, RawLog[]>();
  for (const { log } of library.logsOf(runId)) {
    if (log.spanId === undefined) continue;
    const list = bySpan.get(log.spanId);
    if (list) list.push(log);
    else bySpan.set(log.spanId, [log]);
  }
  return bySpan;
}

function setSpan(facts: RunFacts, seq: number, span: RawSpan, logs: readonly RawLog[]): void {
  const view = viewSpan(span, logs);
  facts.spans.set(seq, {
    seq,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    parentRemote: view.parentRemote,
    rawName: span.name,
    spanKind: span.kind,
    startNs: span.startNs,
    endNs: span.endNs,
    scopeName: span.scope.name,
    facts: readFacts(view),
    links: span.links.map(({ traceId, spanId }) => ({ traceId, spanId })),
  });
  facts.seqOf.set(span.spanId, seq);
  facts.traceIds.add(span.traceId);
  facts.environment = joinEnvironment(facts.environment, readAttributes(span.resource.attributes));
}

/** The first resource that says something wins: one service names the run, others only take part in it. */
function joinEnvironment(known: RunEnvironment, resource: AttributeReader): RunEnvironment {
  return {
    service: known.service ?? resource.text('service.name'),
    environment: known.environment ?? resource.text('deployment.environment.name') ?? resource.text('deployment.environment'),
    parentRunId: known.parentRunId ?? resource.text('retake.parent.run_id'),
    forkStep: known.forkStep ?? resource.number('retake.fork.step'),
  };
}
