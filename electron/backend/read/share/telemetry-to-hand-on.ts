import { nanos, traceId as asTraceId } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import { findRun } from '../../library/queries/run-detail.ts';
import { takeTree } from '../../library/queries/take-tree.ts';
import { logsOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { isLabelRecord, labelRecord } from '../../telemetry/label-record.ts';
import type { RawLog } from '../../telemetry/raw-span.ts';

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
