import { nanos } from '../../../../shared/model/units.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { StepListItem } from '../../../../shared/contract.ts';
import { stepListLimit } from '../../../../shared/contract.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { Exchange, ServedFrom } from '../gateway/exchange.ts';
import type { Secrets } from '../gateway/secrets.ts';
import type { WireAnswer, WireCall } from '../gateway/wire.ts';
import type { LaunchRecord } from '../launch-record.ts';
import { resourceOf } from '../run-session.ts';
import { callSpan, newSpanId, newTraceId, rootSpan, startedSpan, toolSpan } from '../run-spans.ts';
import type { SpanIdentity, SpanLink, ToolSpan } from '../run-spans.ts';
import { callOfStep } from '../trace-calls.ts';

/** A take that Retake makes itself, as spans: the same as those of takes of the user's command. */
export interface ContinueRun {
  readonly runId: string;
  /** The run appears in the library, as one that goes on. */
  begin(prefix: readonly StepListItem[]): Promise<void>;
  started(call: ContinueCall): Promise<void>;
  ended(call: EndedCall): Promise<void>;
  tool(span: Omit<ToolSpan, 'link'>): Promise<void>;
  end(error: string | undefined): Promise<void>;
  /** What could not be kept, in words. */
  readonly problems: readonly string[];
}

export interface ContinueCall {
  readonly seq: number;
  readonly spanId: string;
  readonly call: WireCall;
  readonly startNs: Nanos;
  readonly provider: string | undefined;
}

export interface EndedCall extends ContinueCall {
  readonly answer: WireAnswer;
  readonly status: number;
  readonly served: ServedFrom;
  readonly isFork: boolean;
  readonly serverAddress: string | undefined;
  readonly firstByteMs: number | undefined;
  readonly notes: readonly string[];
}

export interface ContinueRunOptions {
  readonly services: ExecutorServices;
  readonly name: string;
  readonly lineage: NonNullable<LaunchRecord['take']>;
  readonly secrets: Secrets;
}

/** Well within the time after which a silent run is over (30 s). */
const aliveEveryMs = 5_000;
/** Each step of the recording stands for this long before the first live one: it took no time here. */
const recordedStepNs = 1_000_000n;

export function createContinueRun({ services, name, lineage, secrets }: ContinueRunOptions): ContinueRun {
  const runId = newTraceId();
  const identity: SpanIdentity = { traceId: runId, rootSpanId: newSpanId(), resource: resourceOf(runId, name, { lineage }, 'continue') };
  const problems = new Set<string>();
  let rootStart = services.now();
  let alive: NodeJS.Timeout | undefined;

  const root = (endNs: Nanos | undefined, error: string | undefined): Buffer => rootSpan(identity, {
    name, startNs: rootStart, endNs, error, attributes: { 'retake.executor': 'continue' },
    link: lineage.forkSpanId === undefined ? undefined : { traceId: lineage.parentRunId, spanId: lineage.forkSpanId, attributes: { 'retake.link.type': 'fork' } },
  });

  async function send(body: Buffer | undefined): Promise<void> {
    if (!body) return;
    await services.ingest({ signal: 'traces', encoding: 'json', body: secrets.clean(body) }).catch((error: unknown) => void problems.add(error instanceof Error ? error.message : String(error)));
  }

  const replayOf = (step: StepListItem): SpanLink => ({ traceId: lineage.parentRunId, spanId: step.id, attributes: { 'retake.link.type': 'replay_of', 'retake.match.level': 'exact' } });

  async function recorded(step: StepListItem, seq: number, startNs: Nanos): Promise<void> {
    const endNs = nanos(startNs + recordedStepNs);
    if (step.kind === 'tool') {
      const { tool } = step;
      return send(toolSpan(identity, newSpanId(), {
        name: tool?.name ?? step.name, callId: tool?.callId, arguments: tool?.arguments ?? '', result: tool?.result, isError: tool?.isError ?? step.status === 'error', startNs, endNs, served: 'recording', link: replayOf(step),
      }));
    }
    const failed = step.status === 'error';
    const answer: WireAnswer = { id: undefined, model: step.model, parts: step.output?.[0]?.parts ?? [], finish: undefined, usage: step.usage, error: failed ? step.error?.message ?? 'The recorded call failed.' : undefined };
    const exchange: Exchange = {
      ...withoutWire, seq, startNs, endNs, firstByteMs: undefined, status: failed ? 500 : 200, call: callOfStep(step), answer, served: 'recording', isFork: false, note: undefined, serverAddress: undefined, provider: step.provider,
      match: { seq, level: 'exact', ignored: [], ambiguous: false, again: false },
    };
    await send(callSpan(identity, exchange, newSpanId(), replayOf(step), step.index));
  }

  return {
    runId,
    get problems() {
      return [...problems];
    },
    async begin(prefix) {
      const now = services.now();
      rootStart = nanos(now - BigInt(prefix.length) * recordedStepNs);
      await send(root(undefined, undefined));
      alive = setInterval(() => void services.keepRunning(runId).catch(() => undefined), aliveEveryMs);
      let calls = 0;
      for (const [at, step] of prefix.entries()) await recorded(step, step.kind === 'tool' ? -1 : calls++, nanos(rootStart + BigInt(at) * recordedStepNs));
    },
    started: ({ seq, spanId, call, startNs, provider }) => send(startedSpan(identity, { call, startNs, seq, provider, traceparent: undefined }, spanId)),
    ended({ seq, spanId, call, startNs, provider, answer, status, served, isFork, serverAddress, firstByteMs, notes }) {
      const exchange = exchangeOf({ seq, call, startNs, endNs: services.now(), provider, answer, status, served, isFork, serverAddress, firstByteMs, notes });
      return send(callSpan(identity, exchange, spanId, undefined));
    },
    tool: (span) => send(toolSpan(identity, newSpanId(), { ...span, link: undefined })),
    async end(error) {
      clearInterval(alive);
      await send(root(services.now(), error));
      await services.finishRun(runId).catch((failure: unknown) => void problems.add(failure instanceof Error ? failure.message : String(failure)));
    },
  };
}

/** What an exchange has that came over a wire. */
const withoutWire = {
  method: 'POST', path: '', sentPath: undefined, family: 'openai.chat', contentType: undefined, request: Buffer.alloc(0), outgoing: undefined, response: Buffer.alloc(0), pinned: false, delivered: true, traceparent: undefined,
} as const;

export function exchangeOf({ notes, ...ended }: Omit<EndedCall, 'spanId'> & { readonly endNs: Nanos }): Exchange {
  return { ...withoutWire, ...ended, family: ended.call.family, match: undefined, note: notes.length === 0 ? undefined : notes.join(' ') };
}

/** The parent's model calls and tools before the fork, with what they saw and said. */
export async function readPrefix(services: ExecutorServices, runId: string, fork: number): Promise<readonly StepListItem[]> {
  const found: StepListItem[] = [];
  for (let from = 0; from < fork; from += stepListLimit) {
    const page = await services.stepsWithMessages(runId, from, Math.min(fork, from + stepListLimit));
    found.push(...page.filter(({ kind, usageRole, index }) => index < fork && (kind === 'tool' || (kind === 'llm' && usageRole !== 'duplicate'))));
  }
  return found;
}
