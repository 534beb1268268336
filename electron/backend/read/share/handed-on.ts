import type { ExportRequest } from '../../../../shared/contract.ts';
import type { LookedThrough } from '../../../../shared/model/redaction.ts';
import { spansOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { redactLog, redactSpan } from '../../redaction/redact-telemetry.ts';
import type { RawLog, RawSpan } from '../../telemetry/raw-span.ts';
import type { LearntTakeTrees } from './learnt-take-trees.ts';
import { structureSpans } from './structure.ts';
import { logsToHandOn } from './telemetry-to-hand-on.ts';

/** What goes out of the library: the spans and logs of some runs, and texts that were read from them. */
export interface HandedOn {
  spans(runIds: readonly string[]): Generator<RawSpan, void, void>;
  logs(runIds: readonly string[]): Generator<RawLog, void, void>;
  readonly text: (text: string) => string;
  /** No content goes out. */
  readonly structureOnly: boolean;
}

/** Redacts nothing without `redaction`. Yields between spans, as it can take long until all is looked through. */
export function* prepareHandOn(
  reader: LibraryReader,
  learnt: LearntTakeTrees,
  runId: string,
  { redaction, structureOnly = false }: Pick<ExportRequest, 'redaction' | 'structureOnly'>,
): Generator<LookedThrough, HandedOn, void> {
  const redactor = redaction && (yield* learnt.redactor(runId, redaction));
  const text = (plain: string): string => redactor?.apply(plain) ?? plain;
  if (structureOnly)
    return {
      *spans(runIds) {
        for (const id of runIds) yield* structureSpans(reader, id, text);
      },
      // A log is content, and so is what a person says of the run.
      *logs() {},
      text,
      structureOnly,
    };
  return {
    *spans(runIds) {
      for (const id of runIds)
        for (const { span } of spansOf(reader, id)) yield redactor ? redactSpan(redactor, span) : span;
    },
    *logs(runIds) {
      for (const id of runIds)
        for (const log of logsToHandOn(reader, id)) yield redactor ? redactLog(redactor, log) : log;
    },
    text,
    structureOnly,
  };
}
