import { z } from 'zod';
import type { cliShowSchema } from '../../shared/cli-documents.ts';

/** What really happened in a captured run: what the model API saw (`truth.json`). Input includes cached, output includes reasoning. */
const truthUsageSchema = z.object({
  input: z.number(),
  cached: z.number(),
  cacheWrite: z.number(),
  output: z.number(),
  reasoning: z.number(),
});
export const truthSchema = z.object({
  client: z.string(),
  run: z.string(),
  llmCallsOk: z.number(),
  llmCallsFailed: z.number(),
  toolCallsRequested: z.number(),
  usageTotal: truthUsageSchema,
  llmCalls: z.array(
    z.object({ seq: z.number(), model: z.string(), status: z.number(), usage: truthUsageSchema.nullable() }),
  ),
  toolCalls: z.array(z.object({ llmSeq: z.number(), id: z.string().nullish(), name: z.string(), args: z.string() })),
});
export type Truth = z.infer<typeof truthSchema>;
export type ShownRun = z.infer<typeof cliShowSchema>;

export interface Difference {
  readonly field: string;
  readonly shown: string;
  readonly truth: string;
}

/** Every figure of a run as `retake show --json` prints it that is not what the model API saw. */
export function compareWithTruth(shown: ShownRun, truth: Truth): readonly Difference[] {
  const differences: Difference[] = [];
  const compare = (field: string, actual: unknown, expected: unknown): void => {
    const [left, right] = [printed(actual), printed(expected)];
    if (left !== right) differences.push({ field, shown: left, truth: right });
  };
  const calls = shown.steps.filter((step) => step.kind === 'llm');
  const answered = calls.filter((step) => step.status !== 'error');
  const allTools = shown.steps.filter((step) => step.kind === 'tool');
  // What the model asked for. Tools that such a tool called by itself (Codex: programs that run commands) are steps inside it.
  const tools = allTools.filter((step) => !isInsideTool(step, shown));
  const wanted = truth.llmCalls.filter((call) => call.status === 200);

  compare('llm calls', shown.run.llmCalls, truth.llmCallsOk);
  compare('llm steps that answered', answered.length, truth.llmCallsOk);
  // Errors of a run are failed calls, with or without a step of their own, and failed tools; the rest only passed through.
  compare(
    'failed llm calls',
    shown.run.errors - allTools.filter((step) => step.status === 'error').length,
    truth.llmCallsFailed,
  );
  compare(
    'outcome of each llm step',
    calls.map((step) => (step.status === 'error' ? 'failed' : 'ok')),
    truth.llmCalls.map((call) => (call.status === 200 ? 'ok' : 'failed')),
  );
  compare(
    'models',
    answered.map((step) => step.model),
    wanted.map((call) => call.model),
  );
  compare('models of the run', shown.run.models, [...new Set(truth.llmCalls.map((call) => call.model))]);

  compare('tool calls', shown.run.toolCalls - (allTools.length - tools.length), truth.toolCallsRequested);
  compare(
    'order of tools',
    tools.map((step) => step.tool?.name),
    truth.toolCalls.map((call) => call.name),
  );
  compare(
    'arguments of tools',
    tools.map((step) => canonical(step.tool?.arguments ?? null)),
    truth.toolCalls.map((call) => canonical(call.args)),
  );
  compare(
    'ids of tool calls',
    tools.map((step) => step.tool?.callId),
    truth.toolCalls.map((call) => call.id),
  );

  const total = truth.usageTotal;
  compare('input tokens', shown.run.usage.input, total.input);
  compare('output tokens', shown.run.usage.output, total.output);
  compare('cached tokens', shown.run.usage.cacheRead, total.cached);
  compare('written tokens', shown.run.usage.cacheWrite, total.cacheWrite);
  compare('reasoning tokens', shown.run.usage.reasoning, total.reasoning);
  compare(
    'tokens of each llm step',
    answered.map((step) => [step.usage?.input, step.usage?.output]),
    wanted.map((call) => [call.usage?.input, call.usage?.output]),
  );
  // A run must be the sum of its own steps.
  const own = shown.steps.filter((step) => step.usageRole === 'own');
  compare(
    "sum of the steps' input",
    own.reduce((sum, step) => sum + (step.usage?.input ?? 0), 0),
    shown.run.usage.input ?? 0,
  );
  return differences;
}

function isInsideTool(step: ShownRun['steps'][number], { steps }: ShownRun): boolean {
  for (let above = parentOf(step, steps); above; above = parentOf(above, steps)) if (above.kind === 'tool') return true;
  return false;
}

/** Parents come before what is in them. */
function parentOf(step: ShownRun['steps'][number], steps: ShownRun['steps']): ShownRun['steps'][number] | undefined {
  return step.parentId === null ? undefined : steps.slice(0, step.index).findLast(({ id }) => id === step.parentId);
}

function printed(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, item: unknown) => item ?? null);
}

/** JSON arguments whatever their spacing and order of keys. */
function canonical(text: string | null): string {
  if (text === null) return 'none';
  try {
    return JSON.stringify(sorted(JSON.parse(text)));
  } catch {
    return text;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** The truth as it would be without these model calls, the tools they asked for and their tokens. */
export function withoutCalls(truth: Truth, seqs: readonly number[]): Truth {
  const gone = truth.llmCalls.filter((call) => seqs.includes(call.seq));
  const toolCalls = truth.toolCalls.filter((call) => !seqs.includes(call.llmSeq));
  const minus = (field: keyof Truth['usageTotal']): number =>
    truth.usageTotal[field] - gone.reduce((sum, call) => sum + (call.usage?.[field] ?? 0), 0);
  return {
    ...truth,
    llmCallsOk: truth.llmCallsOk - gone.filter((call) => call.status === 200).length,
    llmCallsFailed: truth.llmCallsFailed - gone.filter((call) => call.status !== 200).length,
    llmCalls: truth.llmCalls.filter((call) => !seqs.includes(call.seq)),
    toolCalls,
    toolCallsRequested: truth.toolCallsRequested - (truth.toolCalls.length - toolCalls.length),
    usageTotal: {
      input: minus('input'),
      cached: minus('cached'),
      cacheWrite: minus('cacheWrite'),
      output: minus('output'),
      reasoning: minus('reasoning'),
    },
  };
}
