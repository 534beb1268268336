import type { Cost } from '../../../shared/model/cost.ts';
import type { LibraryReader } from '../library/library.ts';
import type { RecordedCallSummary } from '../library/recordings.ts';
import { isLogStepSeq } from '../telemetry/log-step.ts';
import type { RawAttribute } from '../telemetry/raw-span.ts';
import type { AssembledStep } from '../telemetry/step-facts.ts';
import { describeValue } from './attribute-rows.ts';
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

/** What is read of a take as a whole: no bodies, no messages, so that one of thousands of calls is read in a moment. */
export interface TakeReads {
  /** In the order of the run; empty for a run that is not in this library. */
  llmCalls(runId: string): LlmCall[];
  /** What this install recorded of the run's model calls; empty where it recorded none. */
  recordedCalls(runId: string): RecordedCallSummary[];
  retakeAttributes(runId: string, spanSeqs: readonly number[]): RetakeAttributes[];
  /** How a take was started: as this install wrote it, else what the resource of its first span says of it (`retake.*`). */
  takeOrigin(runId: string): { readonly launch: string | undefined; readonly resource: ReadonlyMap<string, string> };
}

export function createTakeReads(reader: LibraryReader): TakeReads {
  return {
    llmCalls: (runId) =>
      reader.steps(runId).flatMap(({ step }) => {
        const {
          index,
          id,
          facts: { kind, status },
          cost,
          usageRole,
        } = step;
        return kind === 'llm' && usageRole !== 'duplicate'
          ? [{ index, id, spanSeq: spanSeqOf(step), status, cost }]
          : [];
      }),
    recordedCalls: (runId) => [...reader.recordedCalls(runId)],
    retakeAttributes: (runId, spanSeqs) =>
      spanSeqs.flatMap((spanSeq) => {
        const span = reader.readSpan(runId, spanSeq);
        return span ? [{ spanSeq, texts: retakeTexts(span.attributes) }] : [];
      }),
    takeOrigin(runId) {
      const launch = reader.launch(runId);
      const first = launch === undefined ? reader.step(runId, 0)?.step : undefined;
      const spanSeq = first && spanSeqOf(first);
      const span = spanSeq === undefined ? undefined : reader.readSpan(runId, spanSeq);
      return { launch, resource: span ? retakeTexts(span.resource.attributes) : new Map() };
    },
  };
}

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
