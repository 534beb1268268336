import type { StepDetail, StepListItem } from '../../../shared/contract.ts';
import { NotFound } from '../base/faults.ts';
import { readStep, stepsBetween } from '../library/queries/steps.ts';
import { findSpan, logsOfSpan } from '../library/queries/telemetry.ts';
import type { LibraryReader } from '../library/reader.ts';
import { encodeOtlpJson, spanToJson } from '../telemetry/export-otlp.ts';
import { isLogStepSeq, spanIdOfLogStep } from '../telemetry/log-step.ts';
import { attributeText } from './attribute-rows.ts';
import type { RunReader } from './run-reader.ts';
import { createSeenReader } from './seen-content.ts';
import { hasOwnSource, sourceOf } from './step-content.ts';
import { copyMessages, readStepDetail, readStepListItem } from './step-detail.ts';

/** Everything that the inspector shows of one step. Throws NotFound. */
export function stepDetail(reader: RunReader, runId: string, index: number): StepDetail {
  return readStepDetail(reader, readStep(reader, runId, index));
}

/** Steps [from, to) as the command line lists them; fewer at the end of the run. */
export function stepList(
  reader: RunReader,
  runId: string,
  from: number,
  to: number,
  withMessages: boolean,
): StepListItem[] {
  const reads = withMessages ? createSeenReader(reader, reader.contents) : undefined;
  return stepsBetween(reader, runId, from, to).map((stored) => readStepListItem(reader, stored, reads));
}

/** Messages [from, to) of what the model saw. Throws NotFound. */
export function stepMessages(
  reader: RunReader,
  runId: string,
  index: number,
  from: number,
  to: number,
): StepDetail['messages']['fresh'] {
  const seen = createSeenReader(reader, reader.contents).seen(readStep(reader, runId, index));
  const input = seen?.content.input ?? [];
  return copyMessages(input.slice(from, to));
}

/** Full text of one attribute. Throws NotFound. */
export function stepAttribute(
  reader: RunReader,
  runId: string,
  index: number,
  key: string,
  of: 'span' | 'resource',
): string {
  const { step } = readStep(reader, runId, index);
  const span = hasOwnSource(step) ? sourceOf(reader, runId, step.spanSeq)?.span : undefined;
  const text = span && attributeText(of === 'span' ? span.attributes : span.resource.attributes, key);
  if (text === undefined) throw new NotFound(`Step ${index} has no attribute ${key}.`);
  return text;
}

/** What the step was made of, as OTLP JSON. Throws NotFound. */
export function stepRaw(reader: RunReader, runId: string, index: number): string {
  const { step } = readStep(reader, runId, index);
  const sources = [...new Set([step.spanSeq, step.resultSpanSeq])].flatMap((seq) =>
    seq === undefined ? [] : sourceJson(reader, runId, seq),
  );
  return sources.join('\n');
}

/** What was sent, as sent: the span, or the log records of a step that has none. */
function sourceJson(reader: LibraryReader, runId: string, seq: number): readonly string[] {
  if (isLogStepSeq(seq))
    return [Buffer.concat([...encodeOtlpJson([], logsOfSpan(reader, runId, spanIdOfLogStep(seq)))]).toString('utf8')];
  const span = findSpan(reader, runId, seq);
  return span ? [spanToJson(span)] : [];
}
