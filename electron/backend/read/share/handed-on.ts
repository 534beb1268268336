import type { Redaction } from '../../../../shared/model/redaction.ts';
import { takeTree } from '../../library/queries/take-tree.ts';
import { logsOf, spansOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { learnLog, learnSpan, redactLog, redactSpan } from '../../redaction/redact-telemetry.ts';
import { createRedactor } from '../../redaction/redactor.ts';
import type { Redactor } from '../../redaction/redactor.ts';
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
        for (const { log } of logsOf(reader, id)) yield redactor ? redactLog(redactor, log) : log;
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
    for (const { log } of logsOf(reader, run.id)) {
      learnLog(redactor, log);
      yield;
    }
  }
  return redactor;
}
