import { nanos } from '../../../shared/model/units.ts';
import type { RunId, TraceId } from '../../../shared/model/units.ts';
import type { AssembledRun, AssembledStep, StepFacts } from '../telemetry/step-facts.ts';
import type { LibraryWriter } from './library.ts';
import { makeSpan, spanOf, traceOf } from './telemetry.testing.ts';

// Assembled runs for the library's tests. Not a test itself.

export function makeFacts(overrides: Partial<StepFacts> = {}): StepFacts {
  return {
    convention: 'otel-genai',
    kind: 'llm',
    subKind: undefined,
    hidden: false,
    name: 'gpt-5',
    agentName: undefined,
    agentId: undefined,
    status: 'ok',
    error: undefined,
    requestModel: 'gpt-5',
    responseModel: undefined,
    provider: 'openai',
    serverAddress: undefined,
    serviceTier: undefined,
    responseId: undefined,
    finishReasons: [],
    streaming: undefined,
    timeToFirstTokenMs: undefined,
    usage: { input: 100, output: 10, cacheRead: 40 },
    usageBasis: 'inclusive',
    usageIsAggregate: false,
    reportedCostUsd: undefined,
    tool: undefined,
    requestedTools: [],
    conversation: undefined,
    userId: undefined,
    runName: undefined,
    siblingOrder: undefined,
    contentState: 'full',
    notices: [],
    ...overrides,
  };
}

export function makeStep(index: number, overrides: Partial<AssembledStep> = {}): AssembledStep {
  return {
    index,
    parentIndex: index === 0 ? undefined : 0,
    depth: index === 0 ? 0 : 1,
    origin: 'span',
    spanSeq: index,
    resultSpanSeq: undefined,
    id: spanOf(index + 1),
    parentId: undefined,
    rawName: 'chat gpt-5',
    startNs: nanos(1_780_000_000_000_000_000n + BigInt(index) * 1_000_000_000n + 7n),
    endNs: nanos(1_780_000_000_500_000_000n + BigInt(index) * 1_000_000_000n),
    facts: makeFacts(),
    agent: 'coder',
    usageRole: 'own',
    cost: {
      kind: 'priced',
      usd: 0.25,
      lines: [],
      source: 'catalogue',
      sourceName: 'x',
      matchedModel: 'gpt-5',
      notes: [],
    },
    requestedBy: undefined,
    parallelGroup: undefined,
    contextTokens: 100,
    preview: undefined,
    answered: true,
    ...overrides,
  };
}

export function makeRun(number: number, overrides: Partial<AssembledRun> = {}): AssembledRun {
  const steps = overrides.steps ?? [makeStep(0), makeStep(1)];
  const traceId: TraceId = traceOf(number);
  return {
    id: traceId as string as RunId,
    traceIds: [traceId],
    name: `run ${number}`,
    agent: 'coder',
    service: 'shop',
    environment: undefined,
    userId: undefined,
    status: 'ok',
    rootSeen: true,
    startNs: nanos(1_780_000_000_000_000_007n + BigInt(number) * 1_000_000_000n),
    endNs: nanos(1_780_000_001_500_000_000n + BigInt(number) * 1_000_000_000n),
    conversationKey: undefined,
    conversationId: undefined,
    parentRunId: undefined,
    forkStep: undefined,
    models: ['gpt-5'],
    conventions: ['otel-genai'],
    steps,
    llmCalls: 2,
    toolCalls: 0,
    errors: 0,
    usage: { input: 200, output: 20, cacheRead: 80 },
    costUsd: 0.5,
    unpricedCalls: 0,
    notices: [],
    ...overrides,
  };
}

/** A run with its spans, as the pipeline would have put it. */
export function putRun(writer: LibraryWriter, number: number, overrides: Partial<AssembledRun> = {}): AssembledRun {
  const run = makeRun(number, overrides);
  run.steps.forEach((_, index) => writer.putSpan(makeSpan({ traceId: traceOf(number), spanId: spanOf(index + 1) })));
  writer.replaceSteps(run);
  return run;
}
