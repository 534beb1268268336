import type { Redaction } from '../../../../shared/model/redaction.ts';
import { nanos, traceId as asTraceId } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import { findRun } from '../../library/queries/run-detail.ts';
import { takeTree } from '../../library/queries/take-tree.ts';
import { logsOf, spansOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { learnLog, learnSpan, redactLog, redactSpan } from '../../redaction/redact-telemetry.ts';
import { createRedactor } from '../../redaction/redactor.ts';
import type { Redactor } from '../../redaction/redactor.ts';
import { isLabelRecord, labelRecord } from '../../telemetry/label-record.ts';
import type { RawLog, RawSpan } from '../../telemetry/raw-span.ts';

/** What goes out of the library: the spans and logs of some runs, and texts that were read from them. */
export interface HandedOn {
  spans(runIds: readonly string[]): Generator<RawSpan, void, void>;
  logs(runIds: readonly string[]): Generator<RawLog, void, void>;
  text(text: string): string;
}

/** The runs of the take tree, the oldest first, or this one alone. */
export function runsToHandOn(reader: LibraryReader, runId: string, withTakes: boolean): readonly string[] {
  return withTakes ? takeTree(reader, runId).map(({ run }) => run.id) : [runId];
}

/** The run's logs, and the record of what a person says of it. One that came as a log is not handed on: the person is not known. */
export function* logsToHandOn(reader: LibraryReader, runId: string): Generator<RawLog, void, void> {
  for (const { log } of logsOf(reader, runId)) if (!isLabelRecord(log)) yield log;
  const run = findRun(reader, runId);
  const trace = run?.traceIds[0];
  if (run === undefined || trace === undefined) return;
  const { note, tags = [], pinned = false } = run;
  const name = run.ownName === undefined ? undefined : run.name;
  if (name === undefined && note === undefined && tags.length === 0 && !pinned) return;
  yield labelRecord(asTraceId(trace), { name, note, tags, pinned }, microseconds(run.startedAt));
}

const microseconds = (ms: number): Nanos => nanos(BigInt(Math.round(Math.max(0, ms) * 1_000)) * 1_000n);

/**
 * Redacts nothing without `redaction`. With it the whole take tree is looked through first, the oldest run first, whichever of its runs goes
 * out: a value has the same name in files that were written apart. Yields between spans, as that can take long.
 */
export function* prepareHandOn(
  reader: LibraryReader,
  runId: string,
  redaction: Redaction | undefined,
): Generator<undefined, HandedOn, void> {
  const redactor = redaction && (yield* learnTakeTree(reader, runId, redaction));
  return {
    *spans(runIds) {
      for (const id of runIds)
        for (const { span } of spansOf(reader, id)) yield redactor ? redactSpan(redactor, span) : span;
    },
    *logs(runIds) {
      for (const id of runIds)
        for (const log of logsToHandOn(reader, id)) yield redactor ? redactLog(redactor, log) : log;
    },
    text: (text) => redactor?.apply(text) ?? text,
  };
}

export function* learnTakeTree(
  reader: LibraryReader,
  runId: string,
  redaction: Redaction,
): Generator<undefined, Redactor, void> {
  const redactor = createRedactor(redaction);
  for (const { run } of takeTree(reader, runId)) {
    for (const { span } of spansOf(reader, run.id)) {
      learnSpan(redactor, span);
      yield;
    }
    for (const log of logsToHandOn(reader, run.id)) {
      learnLog(redactor, log);
      yield;
    }
  }
  return redactor;
}
