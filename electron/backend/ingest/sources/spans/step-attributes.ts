import type { StepKind } from '../../../../../shared/model/step.ts';
import { exportedKind, exportedSubKind } from '../../conventions/exported.ts';
import { textOrJson } from '../../conventions/structure.ts';
import type { RecordedUsage } from '../recorded/recorded-run.ts';
import { given } from './span-draft.ts';
import type { DraftAttributes } from './span-draft.ts';

/** A step of a program that has a shape of its own, as far as it says anything; content stands as it is in the file. */
export interface ExportedStep {
  readonly kind: StepKind;
  readonly subKind?: string | undefined;
  readonly requestModel?: string | undefined;
  readonly responseModel?: string | undefined;
  readonly provider?: string | undefined;
  readonly input?: unknown;
  readonly output?: unknown;
  /** Inclusive counts. */
  readonly usage?: RecordedUsage | undefined;
  /** US dollars, as the file states them. */
  readonly costUsd?: number | undefined;
  /** Of a tool, or of an agent. */
  readonly name?: string | undefined;
  readonly callId?: string | undefined;
  /** The agent that made the step. */
  readonly agent?: string | undefined;
  readonly finishReason?: string | undefined;
  readonly responseId?: string | undefined;
  readonly tools?: unknown;
}

/** The step under the names of OpenTelemetry, content of any shape as `input.value` and `output.value`. */
export function stepAttributes(step: ExportedStep): DraftAttributes {
  const { kind, usage = {} } = step;
  const input = textOrJson(step.input);
  const output = textOrJson(step.output);
  return [
    ...given([
      [exportedKind, kind],
      [exportedSubKind, step.subKind],
    ]),
    ...(kind === 'tool'
      ? given([
          ['gen_ai.operation.name', 'execute_tool'],
          ['gen_ai.tool.name', step.name],
          ['gen_ai.tool.call.id', step.callId],
          ['gen_ai.tool.call.arguments', input],
          ['gen_ai.tool.call.result', output],
        ])
      : given([
          ['gen_ai.operation.name', kind === 'llm' ? 'chat' : kind === 'agent' ? 'invoke_agent' : undefined],
          ['input.value', input],
          ['output.value', output],
        ])),
    ...given([
      ['gen_ai.agent.name', kind === 'agent' ? (step.name ?? step.agent) : step.agent],
      ['gen_ai.provider.name', step.provider],
      ['gen_ai.request.model', step.requestModel],
      ['gen_ai.response.model', step.responseModel],
      ['gen_ai.response.id', step.responseId],
      ['gen_ai.response.finish_reasons', step.finishReason === undefined ? undefined : [step.finishReason]],
      ['gen_ai.tool.definitions', textOrJson(step.tools)],
      ['gen_ai.usage.input_tokens', usage.input],
      ['gen_ai.usage.output_tokens', usage.output],
      ['gen_ai.usage.cache_read.input_tokens', usage.cacheRead],
      ['gen_ai.usage.cache_creation.input_tokens', usage.cacheWrite],
      ['gen_ai.usage.reasoning.output_tokens', usage.reasoning],
      ['gen_ai.usage.cost', step.costUsd],
    ]),
  ];
}

/**
 * Inclusive counts from those of a program that may leave cached tokens out of its input: the total tells, else what an input smaller than
 * its cached part must mean.
 */
export function inclusiveUsage(counts: RecordedUsage & { readonly total?: number | undefined }): RecordedUsage {
  const { input, output, cacheRead = 0, cacheWrite = 0, total, reasoning } = counts;
  if (input === undefined) return counts;
  const extra = cacheRead + cacheWrite;
  const isExclusive =
    extra > 0 &&
    (extra > input ||
      (total !== undefined && total !== input + (output ?? 0) && total >= input + extra + (output ?? 0)));
  return {
    input: isExclusive ? input + extra : input,
    output,
    cacheRead: counts.cacheRead,
    cacheWrite: counts.cacheWrite,
    reasoning,
  };
}
