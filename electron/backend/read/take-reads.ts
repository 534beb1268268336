import type { Cost } from '../../../shared/model/cost.ts';
import type { Bound, FunctionsOver } from '../base/functions.ts';
import type { libraryQueries } from '../library/queries/queries.ts';
import { findLaunch } from '../library/queries/recordings.ts';
import { findStep, lastAnswer, stepsOf } from '../library/queries/steps.ts';
import { findSpan } from '../library/queries/telemetry.ts';
import type { LibraryReader } from '../library/reader.ts';
import { isLogStepSeq } from '../telemetry/log-step.ts';
import type { RawAttribute } from '../telemetry/raw-span.ts';
import type { AssembledStep } from '../telemetry/step-facts.ts';
import { describeValue } from './attribute-rows.ts';
import type { RunReader } from './run-reader.ts';
import { hasOwnSource } from './step-content.ts';

/** An llm step that counts: one that another step repeats does not. */
export interface LlmCall {
  readonly index: number;
  /** Its span's id. */
  readonly id: string;
  /** Its span's place in the library, where it was made of one. */
  readonly spanSeq: number | undefined;
  readonly status: string;
  readonly cost: Cost | undefined;
}

/** The `retake.*` attributes of a span, and the status of its answer; texts are whole. */
export interface RetakeAttributes {
  readonly spanSeq: number;
  readonly texts: ReadonlyMap<string, string>;
}

/** How a take was started: as this install wrote it, else what the resource of its first span says of it (`retake.*`). */
export interface TakeOrigin {
  readonly launch: string | undefined;
  readonly resource: ReadonlyMap<string, string>;
}

/** How a run ended, in what its rows do not say. */
export interface TakeEnding {
  /** The first words of its last answer. */
  readonly answer: string | undefined;
  /** A person ended it. */
  readonly stopped: boolean;
}

/** In the order of the run; empty for a run that is not in this library. */
function llmCalls(reader: LibraryReader, runId: string): LlmCall[] {
  return stepsOf(reader, runId).flatMap(({ step }) => {
    const {
      index,
      id,
      facts: { kind, status },
      cost,
      usageRole,
    } = step;
    return kind === 'llm' && usageRole !== 'duplicate' ? [{ index, id, spanSeq: spanSeqOf(step), status, cost }] : [];
  });
}

function retakeAttributes(reader: LibraryReader, runId: string, spanSeqs: readonly number[]): RetakeAttributes[] {
  return spanSeqs.flatMap((spanSeq) => {
    const span = findSpan(reader, runId, spanSeq);
    return span ? [{ spanSeq, texts: retakeTexts(span.attributes) }] : [];
  });
}

function takeOrigin(reader: LibraryReader, runId: string): TakeOrigin {
  const launch = findLaunch(reader, runId);
  const first = launch === undefined ? findStep(reader, runId, 0)?.step : undefined;
  const spanSeq = first && spanSeqOf(first);
  const span = spanSeq === undefined ? undefined : findSpan(reader, runId, spanSeq);
  return { launch, resource: span ? retakeTexts(span.resource.attributes) : new Map() };
}

/** More would not be read in a row of a tree. */
const answerLength = 240;

function takeEnding(reader: RunReader, runId: string): TakeEnding {
  const root = findStep(reader, runId, 0)?.step;
  const rootSeq = root && spanSeqOf(root);
  const span = rootSeq === undefined ? undefined : findSpan(reader, runId, rootSeq);
  const last = lastAnswer(reader, runId)?.step;
  const output = last && hasOwnSource(last) ? (reader.contents.content(runId, last.spanSeq)?.content.output ?? []) : [];
  const text = output.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])))[0];
  return {
    answer:
      text
        ?.slice(0, 4 * answerLength)
        .trim()
        .replaceAll(/\s+/g, ' ')
        .slice(0, answerLength) || undefined,
    stopped: span !== undefined && retakeTexts(span.attributes).get('retake.ended') === 'stopped',
  };
}

export const takeReads = { llmCalls, retakeAttributes, takeOrigin, takeEnding } satisfies FunctionsOver<RunReader>;

/** What is read of a take as a whole: no bodies, no messages, so that one of thousands of calls is read in a moment. */
export type TakeReads = Bound<typeof takeReads & Pick<typeof libraryQueries, 'recordedCalls'>>;

function spanSeqOf(step: Pick<AssembledStep, 'origin' | 'spanSeq'>): number | undefined {
  return hasOwnSource(step) && !isLogStepSeq(step.spanSeq) ? step.spanSeq : undefined;
}

function retakeTexts(attributes: readonly RawAttribute[]): ReadonlyMap<string, string> {
  return new Map(
    attributes.flatMap(({ key, value }) =>
      key.startsWith('retake.') || key === 'http.response.status_code'
        ? [[key, describeValue(value).text] as const]
        : [],
    ),
  );
}
