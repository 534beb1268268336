import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { nanos, nanosToMillis, runId } from '../../shared/model/units.ts';
import type { Usage } from '../../shared/model/usage.ts';
import {
  assembleRun,
  readContent,
  readFacts,
  importBytes,
  createPricer,
  packagedPricing,
  readAttributes,
  viewSpan,
} from '../support/backend-internals.ts';
import type { RawSpan, AssembledRun, AssembledStep } from '../support/backend-internals.ts';
import type { ShownRun } from './compare-with-truth.ts';

/** The runs of a file of OTLP spans, as `retake show --json` would print them, made without a library. */
export async function showCapture(
  path: string,
): Promise<readonly { readonly shown: ShownRun; readonly assembled: AssembledRun }[]> {
  const file = readFileSync(path);
  const byTrace = new Map<string, RawSpan[]>();
  await importBytes(path, path.endsWith('.gz') ? gunzipSync(file) : file, {
    span(span) {
      const spans = byTrace.get(span.traceId);
      if (spans) spans.push(span);
      else byTrace.set(span.traceId, [span]);
    },
    log() {},
    metrics() {},
    warn() {},
    skip({ reason }) {
      throw new Error(`${path}: ${reason}`);
    },
  });
  return [...byTrace.values()].map((spans) => {
    const assembled = assemble(spans);
    return { assembled, shown: show(assembled, spans) };
  });
}

function contentOf(spans: readonly RawSpan[], seq: number): ReturnType<typeof readContent> {
  const span = spans[seq];
  if (!span) throw new Error(`There is no span ${seq}.`);
  return readContent(viewSpan(span, []));
}

function assemble(spans: readonly RawSpan[]): AssembledRun {
  const [first] = spans;
  if (!first) throw new Error('no spans');
  const pricer = createPricer(packagedPricing);
  return assembleRun({
    runId: runId(first.traceId),
    traceIds: [first.traceId],
    spans: spans.map((span, seq) => {
      const view = viewSpan(span, []);
      return {
        seq,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId,
        parentRemote: view.parentRemote,
        rawName: span.name,
        spanKind: span.kind,
        startNs: span.startNs,
        endNs: span.endNs,
        scopeName: span.scope.name,
        facts: readFacts(view),
        links: [],
      };
    }),
    environment: {
      service: readAttributes(first.resource.attributes).text('service.name'),
      environment: undefined,
      parentRunId: undefined,
      forkStep: undefined,
    },
    read: { content: (seq) => contentOf(spans, seq), inputBeyond: () => undefined },
    price: (request) => pricer.price(request),
    nowNs: nanos(BigInt(Date.now()) * 1_000_000n),
    quiet: true,
  });
}

function show(run: AssembledRun, spans: readonly RawSpan[]): ShownRun {
  const isoOf = (ns: AssembledRun['startNs']): string => new Date(nanosToMillis(ns)).toISOString();
  const duration = (start: AssembledRun['startNs'], end: AssembledRun['endNs']): number | null =>
    end === undefined ? null : Number(end - start) / 1e6;
  return {
    schema: 1,
    run: {
      id: run.id,
      traceIds: [...run.traceIds],
      name: run.name,
      ownName: run.name,
      tags: [],
      note: null,
      pinned: false,
      damaged: false,
      task: null,
      answer: null,
      agent: run.agent ?? null,
      status: run.status,
      startedAt: isoOf(run.startNs),
      durationMs: duration(run.startNs, run.endNs),
      steps: run.steps.length,
      shownSteps: run.steps.filter(({ facts }) => !facts.hidden).length,
      llmCalls: run.llmCalls,
      toolCalls: run.toolCalls,
      errors: run.errors,
      models: [...run.models],
      usage: showUsage(run.usage),
      costUsd: run.costUsd ?? null,
      costIsLowerBound: run.unpricedCalls > 0,
      unpricedCalls: run.unpricedCalls,
      conversationId: run.conversationId ?? null,
      parentRunId: run.parentRunId ?? null,
      forkStep: run.forkStep ?? null,
      changes: [],
    },
    steps: run.steps.map((step) => ({
      index: step.index,
      id: step.id,
      parentId: step.parentId ?? null,
      kind: step.facts.kind,
      name: step.facts.name,
      agent: step.agent ?? null,
      status: step.facts.status,
      error: step.facts.error?.message ?? null,
      startedAt: isoOf(step.startNs),
      durationMs: duration(step.startNs, step.endNs),
      model: step.facts.responseModel ?? step.facts.requestModel ?? null,
      provider: step.facts.provider ?? null,
      usage: step.facts.usage ? showUsage(step.facts.usage) : null,
      usageRole: step.usageRole ?? null,
      costUsd: step.cost === undefined || step.cost.kind === 'none' ? null : step.cost.usd,
      tool: showTool(step, run.steps, spans),
    })),
  };
}

function showUsage(usage: Usage): ShownRun['run']['usage'] {
  return {
    input: usage.input ?? null,
    output: usage.output ?? null,
    cacheRead: usage.cacheRead ?? null,
    cacheWrite: usage.cacheWrite ?? null,
    reasoning: usage.reasoning ?? null,
  };
}

function showTool(
  step: AssembledStep,
  steps: readonly AssembledStep[],
  spans: readonly RawSpan[],
): ShownRun['steps'][number]['tool'] {
  const { tool } = step.facts;
  if (!tool) return null;
  const content = step.origin === 'span' && step.spanSeq !== undefined ? contentOf(spans, step.spanSeq) : undefined;
  const asked = step.requestedBy === undefined ? [] : (steps[step.requestedBy]?.facts.requestedTools ?? []);
  const siblings = steps.filter((other) => other.requestedBy === step.requestedBy && other.facts.kind === 'tool');
  const request =
    asked.find((call) => call.id !== undefined && call.id === tool.callId) ?? asked[siblings.indexOf(step)];
  return {
    name: tool.name,
    callId: tool.callId ?? request?.id ?? null,
    // A bare value has lost the name of its argument; the answer that asked for it has not.
    arguments:
      (content?.toolArguments?.startsWith('{')
        ? content.toolArguments
        : (request?.arguments ?? content?.toolArguments)) ?? null,
    result: content?.toolResult ?? null,
    isError: tool.isError ?? null,
  };
}
