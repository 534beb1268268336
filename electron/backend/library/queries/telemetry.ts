import type { SpanId } from '../../../../shared/model/units.ts';
import type { RawLog, RawSpan } from '../../telemetry/raw-span.ts';
import type { StoredLog } from '../library.ts';
import type { LibraryReader } from '../reader.ts';
import { runNumber } from '../run-rows.ts';

/** The span as it was sent, by its arrival number in the run. */
export function findSpan({ database, telemetry }: LibraryReader, runId: string, seq: number): RawSpan | undefined {
  const run = runNumber(database, runId);
  return run === undefined ? undefined : telemetry.span(run, seq);
}

/** As `findSpan`; long values are put together when they are asked for. */
export function glanceAtSpan({ database, telemetry }: LibraryReader, runId: string, seq: number): RawSpan | undefined {
  const run = runNumber(database, runId);
  return run === undefined ? undefined : telemetry.glanceAtSpan(run, seq);
}

/** Every span of the run in order of arrival, read page by page. */
export function* spansOf(
  { database, telemetry }: LibraryReader,
  runId: string,
): IterableIterator<{ readonly seq: number; readonly span: RawSpan }> {
  const run = runNumber(database, runId);
  if (run !== undefined) yield* telemetry.spans(run);
}

/** In order of arrival. */
export function logsOf({ database, telemetry }: LibraryReader, runId: string): readonly StoredLog[] {
  const run = runNumber(database, runId);
  return run === undefined ? [] : telemetry.logs(run);
}

/** In order of arrival: the logs that were joined to the step, and those that name the span and were joined to no other. */
export function logsOfSpan({ database, telemetry }: LibraryReader, runId: string, spanId: SpanId): readonly RawLog[] {
  const run = runNumber(database, runId);
  return run === undefined ? [] : telemetry.logsOfSpan(run, spanId);
}
