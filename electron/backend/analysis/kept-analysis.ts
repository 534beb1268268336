import { z } from 'zod';
import type { ContextCall, ContextItem, ContextLens } from '../../../shared/model/context-lens.ts';
import { findingSchema, timeSpentSchema } from '../../../shared/model/finding.ts';
import type { Findings } from '../../../shared/model/finding.ts';
import { findingRows } from '../library/followers/finding-rows.ts';
import { followRuns, keptRows, keptState } from '../library/followers/run-follower.ts';
import type { RowOf } from '../library/followers/run-follower.ts';
import type { LibraryReader } from '../library/reader.ts';
import { analyseRun } from './analyse-run.ts';
import { viewOfCall } from './context-view.ts';
import type { RunContexts } from './context-view.ts';
import { findAll } from './findings/find-all.ts';
import type { FoundFinding, TakeHint } from './findings/finding.ts';
import type { LedgerEntry, LedgerItem } from './ledger-entry.ts';

// Rows that are no findings: pieces of the ledger, and what is said of the whole.
const callsKind = 'calls';
const itemsKind = 'items';
const runKind = 'run';
const perRow = 256;

type Row = RowOf<typeof findingRows.columns>;

/** Keeps the findings and the contexts of every run. */
export const analysisFollower = followRuns({
  ...findingRows,
  label: 'what was found in the runs',
  *rows(runId, library): Generator<Row | undefined> {
    const run = yield* analyseRun(runId, library);
    if (run === undefined) {
      yield row(runKind, { notes: ['This run is long and goes on: it is looked at when it has ended.'] });
      return;
    }
    yield row(runKind, { time: run.time, notes: run.notes });
    for (const { finding, hint } of findAll(run)) yield row(finding.facts.kind, { finding, hint });
    yield* chunks(callsKind, run.ledger.entries.map(callOf));
    yield* chunks(itemsKind, run.ledger.items.map(itemOf));
  },
});

const row = (kind: string, data: unknown): Row => ({ kind, data: JSON.stringify(data) });

function* chunks(kind: string, all: readonly unknown[]): Generator<Row> {
  for (let at = 0; at < all.length; at += perRow) yield row(kind, all.slice(at, at + perRow));
}

function callOf({ call, conversation, total, reported, scale, categories, lost, drop }: LedgerEntry): ContextCall {
  const { usage, cost } = call;
  return {
    step: call.step,
    conversation,
    ...(call.model === undefined ? {} : { model: call.model.slice(0, 200) }),
    total,
    reported,
    scale,
    categories: [...categories],
    ...(usage.cacheRead === undefined ? {} : { cacheRead: usage.cacheRead }),
    ...(usage.cacheWrite === undefined ? {} : { cacheWrite: usage.cacheWrite }),
    ...(call.window === undefined ? {} : { window: call.window }),
    ...(cost === undefined || cost.kind === 'none' ? {} : { costUsd: cost.usd }),
    ...(lost === undefined ? {} : { lost: { ...lost, items: lost.items.slice(0, maximumLost) } }),
    ...(drop === undefined ? {} : { drop }),
  };
}

const maximumLost = 500;

function itemOf(item: LedgerItem): ContextItem {
  return {
    category: item.category,
    label: item.label,
    preview: item.preview,
    ...(item.origin === undefined ? {} : { origin: item.origin }),
    entered: item.entered,
    tokens: Math.round(item.tokens * 10) / 10,
    tokensFrom: item.tokensFrom,
    spans: item.spans,
    sent: item.sent,
    carried: Math.round(item.carried),
    ...(item.rentUsd === undefined ? {} : { rentUsd: item.rentUsd }),
    unpriced: item.unpriced,
  };
}

const runDataSchema = z.object({ time: timeSpentSchema.optional(), notes: z.array(z.string()) });
/** The rows are this program's own: of another version they are not read at all. */
const hintSchema = z.custom<TakeHint>((value) => typeof value === 'object' && value !== null && 'type' in value);
const foundSchema = z.object({ finding: findingSchema, hint: hintSchema.optional() });

/** What is kept of the run that was asked about last: walking its steps asks again and again. */
const recent = new WeakMap<LibraryReader, { readonly key: string; readonly contexts: RunContexts }>();

/** What the model saw at a step; without one, at the last call. */
export function contextLens(reader: LibraryReader, runId: string, step: number | undefined): ContextLens {
  const { revision, behind } = keptState(reader, findingRows, runId);
  const key = `${runId} ${revision}`;
  const known = recent.get(reader);
  const contexts = known?.key === key ? known.contexts : contextsOf(keptRows(reader, findingRows, runId).rows);
  if (!behind) recent.set(reader, { key, contexts });
  return { behind, ...viewOfCall(contexts, step) };
}

/** The rows are of this version of the program: they are as it wrote them. */
function contextsOf(rows: readonly Row[]): RunContexts {
  return {
    calls: ofKind(rows, callsKind).flatMap((data) => data as ContextCall[]),
    items: ofKind(rows, itemsKind).flatMap((data) => data as ContextItem[]),
    notes: runDataOf(rows).notes,
  };
}

export function findingsOf(reader: LibraryReader, runId: string): Findings {
  const { rows, behind } = keptRows(reader, findingRows, runId);
  const { time, notes } = runDataOf(rows);
  return {
    behind,
    findings: foundIn(rows).map(({ finding }) => finding),
    notes,
    ...(time === undefined ? {} : { time }),
  };
}

/** The finding at that place in the list, with what its take begins with. */
export function findingAt(reader: LibraryReader, runId: string, at: number): FoundFinding | undefined {
  return foundIn(keptRows(reader, findingRows, runId).rows)[at];
}

function foundIn(rows: readonly Row[]): readonly FoundFinding[] {
  return rows.flatMap(({ kind, data }) => {
    if (kind === callsKind || kind === itemsKind || kind === runKind || data === undefined) return [];
    const { finding, hint } = foundSchema.parse(JSON.parse(data));
    return [{ finding, hint }];
  });
}

function runDataOf(rows: readonly Row[]): z.infer<typeof runDataSchema> {
  const [data] = ofKind(rows, runKind);
  return data === undefined ? { notes: [] } : runDataSchema.parse(data);
}

function ofKind(rows: readonly Row[], wanted: string): readonly unknown[] {
  return rows.flatMap(({ kind, data }) => (kind === wanted && data !== undefined ? [JSON.parse(data) as unknown] : []));
}
