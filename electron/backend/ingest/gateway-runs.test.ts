import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunDetail } from '../../../shared/contract.ts';
import { nanos, runId as asRunId } from '../../../shared/model/units.ts';
import type { Exchange } from '../executor/gateway/exchange.ts';
import type { WireFamily, WireItem } from '../executor/gateway/wire.ts';
import { callSpan, rootSpan, scopeName } from '../executor/run-spans.ts';
import { openLibraryReader, openLibraryWriter } from '../library/open-library.ts';
import { createPricer } from '../pricing/pricing.ts';
import { fixturesDirectory, temporaryDirectory, type TemporaryDirectory } from '../testing.ts';
import { createPipeline } from './pipeline.ts';

/**
 * Agents with telemetry of their own under the gateway (rerun.md 3.7): captured telemetry of real clients, put into the gateway's run as
 * OTEL_RESOURCE_ATTRIBUTES does, beside the gateway's spans of the very same calls, by what the model API saw (truth.json).
 */
let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

interface Truth {
  readonly llmCalls: readonly { readonly seq: number; readonly start: string; readonly end: string; readonly api: string; readonly model: string; readonly status: number; readonly usage: { readonly input: number; readonly cached: number; readonly cacheWrite?: number; readonly output: number; readonly reasoning: number } | null }[];
  readonly toolCalls: readonly { readonly llmSeq: number; readonly id: string; readonly name: string; readonly args: string }[];
}

interface Signal {
  readonly signal: 'traces' | 'logs';
  readonly body: Buffer;
}

type Json = Readonly<Record<string, unknown>>;

const runId = 'aaaabbbbccccdddd0000111122223333';
const rootId = 'aaaabbbbccccdddd';
const families: ReadonlyMap<string, WireFamily> = new Map<string, WireFamily>([['anthropic', 'anthropic.messages'], ['chat', 'openai.chat'], ['responses', 'openai.responses'], ['gemini', 'gemini.generate']]);

function truthOf(capture: string): Truth {
  return JSON.parse(readFileSync(join(fixturesDirectory, capture, 'truth.json'), 'utf8')) as Truth;
}

function ownTelemetry(capture: string): readonly Signal[] {
  return (['traces', 'logs'] as const).flatMap((signal) => [`${signal}.jsonl`, `${signal}.jsonl.gz`].map((name) => join(fixturesDirectory, capture, name)).filter((path) => existsSync(path)).flatMap((path) => {
    const file = readFileSync(path);
    const text = (path.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8');
    return text.split('\n').filter((line) => line.trim() !== '').map((line): Signal => ({ signal, body: Buffer.from(JSON.stringify(intoRun(JSON.parse(line) as Json))) }));
  }));
}

/** As an exporter that reads OTEL_RESOURCE_ATTRIBUTES sends it. */
function intoRun(request: Json): Json {
  return Object.fromEntries(Object.entries(request).map(([key, value]) => [key, (value as readonly { readonly resource?: { readonly attributes?: readonly unknown[] } }[]).map((item) => ({
    ...item, resource: { ...item.resource, attributes: [...(item.resource?.attributes ?? []), { key: 'retake.run.id', value: { stringValue: runId } }] },
  }))]));
}

const nanosOf = (time: string): bigint => BigInt(Date.parse(time)) * 1_000_000n;

function gatewaySpans({ llmCalls, toolCalls }: Truth): readonly Signal[] {
  const identity = { traceId: runId, rootSpanId: rootId, resource: { 'service.name': 'agent', 'retake.run.id': runId } };
  const items: WireItem[] = [{ role: 'user', parts: [{ type: 'text', text: 'Do it.' }] }];
  const calls = llmCalls.map((call, seq) => {
    const family = families.get(call.api) ?? 'openai.chat';
    const asked = call.status === 200 ? toolCalls.filter((tool) => tool.llmSeq === call.seq) : [];
    const parts = asked.length === 0 ? [{ type: 'text' as const, text: 'Done.' }] : asked.map((tool) => ({ type: 'tool_call' as const, id: tool.id, name: tool.name, arguments: tool.args }));
    const exchange: Exchange = {
      seq, method: 'POST', path: '/', sentPath: undefined, family, startNs: nanos(nanosOf(call.start)), endNs: nanos(nanosOf(call.end)), firstByteMs: undefined, status: call.status, contentType: 'application/json',
      request: Buffer.alloc(0), outgoing: undefined, response: Buffer.alloc(0), served: 'live', match: undefined, isFork: false, pinned: false, delivered: true, traceparent: undefined, note: undefined, serverAddress: undefined,
      call: { family, model: call.model, stream: false, system: [], items: [...items], tools: [], params: new Map(), continues: undefined },
      answer: call.status === 200 && call.usage
        ? { id: undefined, model: call.model, parts, finish: asked.length > 0 ? 'tool_calls' : 'stop', error: undefined, usage: { input: call.usage.input, cacheRead: call.usage.cached, cacheWrite: call.usage.cacheWrite ?? 0, output: call.usage.output, reasoning: call.usage.reasoning } }
        : { id: undefined, model: undefined, parts: [], finish: undefined, usage: undefined, error: 'refused' },
    };
    if (call.status === 200) items.push({ role: 'assistant', parts }, ...asked.map((tool): WireItem => ({ role: 'tool', parts: [{ type: 'tool_result', id: tool.id, name: tool.name, result: 'found' }] })));
    return callSpan(identity, exchange, (seq + 1).toString(16).padStart(16, 'c'), undefined) ?? Buffer.alloc(0);
  });
  const startNs = nanos(nanosOf(llmCalls[0]?.start ?? '') - 1_000_000_000n);
  const endNs = nanos(nanosOf(llmCalls.at(-1)?.end ?? '') + 1_000_000_000n);
  return [...calls, rootSpan(identity, { name: 'agent', startNs, endNs, link: undefined, error: undefined, attributes: {} })].map((body): Signal => ({ signal: 'traces', body }));
}

interface Shown {
  readonly run: RunDetail;
  /** Scope of the spans of the model calls. */
  readonly scopes: readonly (string | undefined)[];
  readonly failedCalls: number;
}

async function show(signals: readonly Signal[], name: string): Promise<Shown> {
  const where = join(directory.path, name);
  const library = openLibraryWriter({ directory: where });
  const pricer = createPricer([]);
  const pipeline = createPipeline({
    library, quietMs: 60_000, price: (request) => pricer.price(request), clock: { nowMs: () => performance.now(), nowNs: () => nanos(BigInt(Date.now()) * 1_000_000n) },
    events: { runsChanged: () => undefined, stored: () => undefined, problem: () => undefined },
  });
  for (const { signal, body } of signals) expect((await pipeline.receive({ signal, encoding: 'json', body })).rejected).toBe(0);
  pipeline.finishRun(asRunId(runId));
  await pipeline.close();
  const reader = openLibraryReader({ directory: where });
  try {
    const run = reader.runDetail(runId);
    if (!run) throw new Error('no run');
    expect(reader.counts().runs).toBe(1);
    const calls = reader.steps(runId).filter(({ step: { facts } }) => facts.kind === 'llm' && !facts.hidden);
    return { run, scopes: calls.map(({ step }) => reader.readSpan(runId, step.spanSeq ?? -1)?.scope.name), failedCalls: calls.filter(({ step }) => step.facts.status === 'error').length };
  } finally {
    reader.close();
    library.close();
  }
}

/** What both sides can know: how long a cache write lives, and audio, some clients tell and the gateway does not. */
const figures = ({ run, failedCalls }: Shown) => ({
  llmCalls: run.llmCalls, failedCalls, costUsd: run.costUsd, unpricedCalls: run.unpricedCalls, status: run.status,
  usage: { input: run.usage.input, cacheRead: run.usage.cacheRead, cacheWrite: run.usage.cacheWrite, output: run.usage.output, reasoning: run.usage.reasoning },
});

/** Its code mode calls tools from within one: only its own telemetry knows of those. */
const knowsMoreTools = (capture: string): boolean => capture.startsWith('codex/');

describe.each([
  'claude-code/alt', 'claude-code/logs-only-no-content', 'codex/alt', 'codex/logs-json', 'gemini-cli/alt', 'opencode/alt', 'vercel-ai/normal', 'vercel-ai/legacy', 'anthropic-sdk-native/normal', 'anthropic-sdk-native/retry',
  'anthropic-openinference/normal', 'langgraph-openinference/normal', 'openai-agents/normal', 'langfuse/normal', 'otel-plain/alt', 'otel-plain/retry', 'vercel-ai/fatal', 'claude-code/fatal',
])('%s under the gateway', (capture) => {
  it('counts every call and tool once, whatever comes first', async () => {
    const truth = truthOf(capture);
    const gateway = gatewaySpans(truth);
    const own = ownTelemetry(capture);
    const alone = await show(gateway, 'alone');
    const after = await show([...gateway, ...own], 'after');
    const before = await show([...own.toReversed(), ...gateway.toReversed()], 'before');
    const tools = (knowsMoreTools(capture) ? await show(own, 'own') : alone).run.toolCalls;
    for (const shown of [after, before]) {
      expect(figures(shown)).toEqual(figures(alone));
      expect(shown.run.toolCalls).toBe(tools);
      expect(shown.scopes).toEqual(truth.llmCalls.map(() => scopeName));
    }
    const answered = truth.llmCalls.filter(({ status }) => status === 200);
    expect(alone.run.llmCalls).toBe(answered.length);
    expect(alone.run.usage.input).toBe(answered.reduce((sum, { usage }) => sum + (usage?.input ?? 0), 0));
  });
});
