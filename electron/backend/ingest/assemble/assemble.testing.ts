import type { StepKind, StepStatus } from '../../../../shared/model/step.ts';
import { nanos, runId, spanId, traceId } from '../../../../shared/model/units.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import { createPricer, packagedPricing } from '../../pricing/pricing.ts';
import type {
  AssembledRun,
  AssembledStep,
  FactSpan,
  RequestedTool,
  StepContent,
  StepFacts,
} from '../../telemetry/step-facts.ts';
import { assembleRun } from './assemble.ts';
import type { AssembleInput } from './assemble.ts';
import { bareFacts } from './step-node.ts';

/** For tests only: spans by their facts, times in milliseconds. */
export interface TestSpan {
  readonly id: string;
  readonly parent?: string;
  readonly remote?: boolean;
  readonly kind: StepKind;
  readonly start: number;
  /** 0: not ended. */
  readonly end: number;
  readonly status?: StepStatus;
  readonly usage?: Usage | undefined;
  readonly scope?: string;
  readonly spanKind?: number;
  readonly rawName?: string;
  /** Tool calls in the answer: `name`, `name#id`, `name#id{"json":1}`. */
  readonly asks?: readonly string[];
  /** For a tool step. */
  readonly callId?: string;
  readonly facts?: Partial<StepFacts>;
  readonly content?: Partial<StepContent>;
}

const noContent: StepContent = {
  input: [],
  output: [],
  tools: [],
  parameters: [],
  toolArguments: undefined,
  toolResult: undefined,
  continues: undefined,
  contentState: 'none',
};

const milliseconds = (value: number): bigint => BigInt(Math.round(value * 1e6));

function requested(text: string): RequestedTool {
  const parts = /^([^#{]+)(?:#([^{]*))?(\{.*\})?$/s.exec(text);
  return { id: parts?.[2] || undefined, name: parts?.[1] ?? text, arguments: parts?.[3], server: false };
}

export function factSpan(span: TestSpan, seq: number): FactSpan {
  const name = span.facts?.name ?? span.id;
  return {
    seq,
    spanId: spanId(span.id),
    parentSpanId: span.parent === undefined ? undefined : spanId(span.parent),
    parentRemote: span.remote ?? false,
    rawName: span.rawName ?? span.id,
    spanKind: span.spanKind ?? 1,
    startNs: nanos(milliseconds(span.start)),
    endNs: nanos(milliseconds(span.end)),
    scopeName: span.scope ?? 'test',
    links: [],
    facts: bareFacts({
      convention: 'otel-genai',
      kind: span.kind,
      name,
      status: span.status ?? 'unset',
      usage: span.usage,
      usageBasis: span.usage ? 'inclusive' : undefined,
      requestedTools: (span.asks ?? []).map(requested),
      contentState: span.content ? 'full' : 'none',
      tool: span.kind === 'tool' ? { name, callId: span.callId, isError: undefined, server: false } : undefined,
      ...(span.kind === 'llm' ? { requestModel: 'gpt-5.4', provider: 'openai' } : {}),
      ...span.facts,
    }),
  };
}

export interface TestAssembly extends AssembledRun {
  /** Ids of the spans whose content was read, in order. */
  readonly contentReads: readonly string[];
  step(id: string): AssembledStep;
}

export function assembleSpans(
  spans: readonly TestSpan[],
  options: Partial<Pick<AssembleInput, 'quiet' | 'price' | 'environment' | 'spans'>> = {},
): TestAssembly {
  const contentReads: string[] = [];
  const pricer = createPricer(packagedPricing);
  const run = assembleRun({
    runId: runId('0af7651916cd43dd8448eb211c80319c'),
    traceIds: [traceId('0af7651916cd43dd8448eb211c80319c')],
    spans: options.spans ?? spans.map(factSpan),
    environment: options.environment ?? {
      service: 'service',
      environment: undefined,
      parentRunId: undefined,
      forkStep: undefined,
    },
    read: {
      content(seq) {
        contentReads.push(spans[seq]?.id ?? '');
        return { ...noContent, ...spans[seq]?.content };
      },
      inputBeyond: () => undefined,
    },
    price: options.price ?? ((request) => pricer.price(request)),
    nowNs: nanos(milliseconds(1_000_000)),
    quiet: options.quiet ?? true,
  });
  return {
    ...run,
    contentReads,
    step(id) {
      const step = run.steps.find((candidate) => candidate.id === id);
      if (!step) throw new Error(`no step ${id}`);
      return step;
    },
  };
}

/** Steps as an indented outline: `kind name`, for whole-tree expectations. */
export function outline(run: AssembledRun): readonly string[] {
  return run.steps.map(
    (step) => `${'  '.repeat(step.depth)}${step.facts.hidden ? '·' : ''}${step.facts.kind} ${step.facts.name}`,
  );
}

export const codesOf = (run: AssembledRun): readonly string[] => run.notices.map((notice) => notice.code);
