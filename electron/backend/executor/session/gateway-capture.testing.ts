import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { nanos } from '../../../../shared/model/units.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { formatOf } from '../gateway/wire-formats.ts';
import type { WireFamily, WireItem } from '../gateway/wire.ts';
import { callSpan, rootSpan } from './run-spans.ts';

/**
 * For tests only: a captured client run as it would have come from under the gateway. Its own telemetry is put into the gateway's run,
 * as OTEL_RESOURCE_ATTRIBUTES does, and the gateway's spans are made of the very same calls, by what the model API saw (truth.json).
 */
export interface CapturedCalls {
  readonly llmCalls: readonly {
    readonly seq: number;
    readonly start: string;
    readonly end: string;
    readonly api: string;
    readonly model: string;
    readonly status: number;
    readonly usage: {
      readonly input: number;
      readonly cached: number;
      readonly cacheWrite?: number;
      readonly output: number;
      readonly reasoning: number;
    } | null;
  }[];
  readonly toolCalls: readonly {
    readonly llmSeq: number;
    readonly id: string;
    readonly name: string;
    readonly args: string;
  }[];
}

export interface Signal {
  readonly signal: 'traces' | 'logs';
  readonly body: Buffer;
}

type Json = Readonly<Record<string, unknown>>;

export const gatewayRunId = 'aaaabbbbccccdddd0000111122223333';
const rootId = 'aaaabbbbccccdddd';
const families: ReadonlyMap<string, WireFamily> = new Map([
  ['anthropic', 'anthropic.messages'],
  ['chat', 'openai.chat'],
  ['responses', 'openai.responses'],
  ['gemini', 'gemini.generate'],
]);

export function callsOfCapture(folder: string): CapturedCalls {
  return JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as CapturedCalls;
}

export function ownTelemetry(folder: string): readonly Signal[] {
  return (['traces', 'logs'] as const).flatMap((signal) =>
    [`${signal}.jsonl`, `${signal}.jsonl.gz`]
      .map((name) => join(folder, name))
      .filter((path) => existsSync(path))
      .flatMap((path) => {
        const file = readFileSync(path);
        const text = (path.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8');
        return text
          .split('\n')
          .filter((line) => line.trim() !== '')
          .map((line): Signal => ({ signal, body: Buffer.from(JSON.stringify(intoRun(JSON.parse(line) as Json))) }));
      }),
  );
}

/** As an exporter that reads OTEL_RESOURCE_ATTRIBUTES sends it. */
function intoRun(request: Json): Json {
  return Object.fromEntries(
    Object.entries(request).map(([key, value]) => [
      key,
      (value as readonly { readonly resource?: { readonly attributes?: readonly unknown[] } }[]).map((item) => ({
        ...item,
        resource: {
          ...item.resource,
          attributes: [
            ...(item.resource?.attributes ?? []),
            { key: 'retake.run.id', value: { stringValue: gatewayRunId } },
          ],
        },
      })),
    ]),
  );
}

const nanosOf = (time: string): bigint => BigInt(Date.parse(time)) * 1_000_000n;

/** `wire`: what was really asked and answered, by the call's `seq`; without it messages are made of the tool calls, and no answer has an id. */
export function gatewaySpans(
  { llmCalls, toolCalls }: CapturedCalls,
  wire: ReadonlyMap<number, Partial<Exchange>> = new Map(),
): readonly Signal[] {
  const identity = {
    traceId: gatewayRunId,
    rootSpanId: rootId,
    resource: { 'service.name': 'agent', 'retake.run.id': gatewayRunId },
  };
  const items: WireItem[] = [{ role: 'user', parts: [{ type: 'text', text: 'Do it.' }] }];
  const calls = llmCalls.map((call, seq) => {
    const format = formatOf(families.get(call.api) ?? 'openai.chat');
    const asked = call.status === 200 ? toolCalls.filter((tool) => tool.llmSeq === call.seq) : [];
    const parts =
      asked.length === 0
        ? [{ type: 'text' as const, text: 'Done.' }]
        : asked.map((tool) => ({ type: 'tool_call' as const, id: tool.id, name: tool.name, arguments: tool.args }));
    const exchange: Exchange = {
      seq,
      method: 'POST',
      path: '/',
      sentPath: undefined,
      format,
      startNs: nanos(nanosOf(call.start)),
      endNs: nanos(nanosOf(call.end)),
      firstByteMs: undefined,
      status: call.status,
      contentType: 'application/json',
      request: Buffer.alloc(0),
      outgoing: undefined,
      response: Buffer.alloc(0),
      served: 'live',
      match: undefined,
      isFork: false,
      pinned: false,
      delivered: true,
      traceparent: undefined,
      note: undefined,
      serverAddress: undefined,
      call: {
        family: format.family,
        model: call.model,
        stream: false,
        system: [],
        items: [...items],
        tools: [],
        params: new Map(),
        continues: undefined,
      },
      answer:
        call.status === 200 && call.usage
          ? {
              id: undefined,
              model: call.model,
              parts,
              finish: asked.length > 0 ? 'tool_calls' : 'stop',
              error: undefined,
              usage: {
                input: call.usage.input,
                cacheRead: call.usage.cached,
                cacheWrite: call.usage.cacheWrite ?? 0,
                output: call.usage.output,
                reasoning: call.usage.reasoning,
              },
            }
          : { id: undefined, model: undefined, parts: [], finish: undefined, usage: undefined, error: 'refused' },
    };
    if (call.status === 200)
      items.push(
        { role: 'assistant', parts },
        ...asked.map((tool): WireItem => ({
          role: 'tool',
          parts: [{ type: 'tool_result', id: tool.id, name: tool.name, result: 'found' }],
        })),
      );
    return (
      callSpan(identity, { ...exchange, ...wire.get(call.seq) }, (seq + 1).toString(16).padStart(16, 'c'), undefined) ??
      Buffer.alloc(0)
    );
  });
  const startNs = nanos(nanosOf(llmCalls[0]?.start ?? '') - 1_000_000_000n);
  const endNs = nanos(nanosOf(llmCalls.at(-1)?.end ?? '') + 1_000_000_000n);
  return [
    ...calls,
    rootSpan(identity, { name: 'agent', startNs, endNs, link: undefined, error: undefined, attributes: {} }),
  ].map((body): Signal => ({ signal: 'traces', body }));
}
