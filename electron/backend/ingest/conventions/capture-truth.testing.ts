import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { SpanView } from '../../telemetry/span-view.ts';
import type { StepFacts } from '../../telemetry/step-facts.ts';
import { readFixture } from './conventions.testing.ts';
import { readFacts } from './conventions.ts';

/** For tests only: captures of real clients beside what the model API really saw (`truth.json`). */
interface Truth {
  readonly llmCallsOk: number;
  readonly llmCallsFailed: number;
  readonly usageTotal: TruthUsage;
  readonly llmCalls: readonly {
    readonly seq: number;
    readonly model: string;
    readonly status: number;
    readonly usage: TruthUsage | null;
  }[];
  readonly toolCalls: readonly {
    readonly llmSeq: number;
    readonly id: string;
    readonly name: string;
    readonly args: string;
  }[];
}

interface TruthUsage {
  readonly input: number;
  readonly cached: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly reasoning: number;
}

export interface CapturedStep {
  readonly view: SpanView;
  readonly facts: StepFacts;
}

/** Steps in order of their start; spans that start in the same millisecond stay in arrival order. */
export function readCapture(
  client: string,
  run: string,
  file = 'traces.jsonl',
): { readonly steps: readonly CapturedStep[]; readonly truth: Truth } {
  const views = readFixture(`${client}/${run}/${file}`);
  const truth = JSON.parse(
    readFileSync(new URL(`../../../../e2e/fixtures/${client}/${run}/truth.json`, import.meta.url), 'utf8'),
  ) as Truth;
  const steps = views
    .map((view) => ({ view, facts: readFacts(view) }))
    .toSorted((left, right) => Number(left.view.startNs - right.view.startNs));
  return { steps, truth };
}

/** Kinds in order of start, without what is hidden. */
export function kindsOf(steps: readonly CapturedStep[]): readonly string[] {
  return steps.filter((step) => !step.facts.hidden).map((step) => step.facts.kind);
}

/** Which figures this client does not send at all; everything else must equal the model API's own. */
export interface Unsent {
  readonly cacheWrite?: true;
  readonly reasoning?: true;
}

/** Each answered call: model, every token figure, and the tool calls it asked for with ids and arguments. */
export function expectTruth({ steps, truth }: ReturnType<typeof readCapture>, unsent: Unsent): void {
  const answered = truth.llmCalls.filter((call) => call.status === 200);
  const llm = steps.filter((step) => step.facts.kind === 'llm');
  const found = llm
    .filter((step) => step.facts.usage !== undefined)
    .map(({ facts }) => ({
      model: facts.responseModel ?? facts.requestModel,
      input: facts.usage?.input,
      output: facts.usage?.output,
      cached: facts.usage?.cacheRead,
      cacheWrite: facts.usage?.cacheWrite,
      reasoning: facts.usage?.reasoning,
      tools: facts.requestedTools.map((tool) => ({
        id: tool.id,
        name: tool.name,
        arguments: JSON.parse(tool.arguments ?? 'null') as unknown,
      })),
    }));
  expect(found).toEqual(
    answered.map((call) => ({
      model: call.model,
      input: call.usage?.input,
      output: call.usage?.output,
      cached: call.usage?.cached,
      cacheWrite: unsent.cacheWrite === true ? undefined : call.usage?.cacheWrite,
      reasoning: unsent.reasoning === true ? undefined : call.usage?.reasoning,
      tools: truth.toolCalls
        .filter((tool) => tool.llmSeq === call.seq)
        .map((tool) => ({ id: tool.id, name: tool.name, arguments: JSON.parse(tool.args) as unknown })),
    })),
  );
  const tools = steps.filter((step) => step.facts.kind === 'tool').map((step) => step.facts.tool?.name);
  const byName = (left = '', right = ''): number => left.localeCompare(right);
  expect(tools.toSorted(byName)).toEqual(truth.toolCalls.map((tool) => tool.name).toSorted(byName));
}
