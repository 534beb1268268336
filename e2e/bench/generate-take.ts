import { createRouterClient } from '@orpc/server';
import { nanos } from '../../shared/model/units.ts';
import {
  createBackend,
  formatOf,
  storedExchange,
  callSpan,
  newSpanId,
  newTraceId,
  rootSpan,
} from '../support/backend-internals.ts';
import type { Backend, Exchange, SpanIdentity } from '../support/backend-internals.ts';

const format = formatOf('openai.chat');
const turns = 20;
const words = 'A paragraph of what a tool gave: figures, names and a little more, as long as tools make it. '.repeat(
  20,
);
/** The run's root is step 0; every call but the last of a conversation is followed by the tool that it asked for. */
const stepOf = (seq: number): number => 1 + Math.floor(seq / turns) * (2 * turns - 1) + (seq % turns) * 2;
const startNs = 1_795_000_000_000_000_000n;

export const openBackend = (libraryDirectory: string): Promise<Backend> =>
  createBackend({ libraryDirectory, receive: true, otlpHttpPort: 0, otlpGrpcPort: undefined, version: 'bench' });
export const clientOf = (backend: Backend) => createRouterClient(backend.router);

/** A run and its take of `calls` calls each, written as the gateway writes them; the last call of the take went live. */
export async function generateTake(
  { executor }: Backend,
  calls: number,
): Promise<{ readonly parent: string; readonly take: string }> {
  const [parent, take] = [newTraceId(), newTraceId()];
  const parentSpans = Array.from({ length: calls }, () => newSpanId());
  for (const traceId of [parent, take]) {
    const isTake = traceId === take;
    const lineage = { parentRunId: parent, rootRunId: parent, forkStep: stepOf(calls - 1), edits: [] };
    const identity: SpanIdentity = {
      traceId,
      rootSpanId: newSpanId(),
      resource: {
        'service.name': 'generated',
        'retake.run.id': traceId,
        'retake.run.kind': isTake ? 'rerun' : 'record',
        'retake.executor': 'replay',
        ...(isTake
          ? {
              'retake.parent.run_id': parent,
              'retake.parent.trace_id': parent,
              'retake.root.run_id': parent,
              'retake.fork.step': stepOf(calls - 1),
            }
          : {}),
      },
    };
    await executor.putRecording(
      traceId,
      JSON.stringify({
        version: 1,
        name: 'generated',
        command: ['generated'],
        cwd: '/',
        changedVariables: [],
        executor: 'replay',
        ...(isTake ? { take: lineage } : {}),
      }),
    );
    const root = { name: 'generated', startNs: nanos(startNs), link: undefined, error: undefined, attributes: {} };
    await executor.ingest({
      signal: 'traces',
      encoding: 'json',
      body: rootSpan(identity, { ...root, endNs: undefined }),
    });
    for (let from = 0; from < calls; from += 100) {
      await Promise.all(
        Array.from({ length: Math.min(100, calls - from) }, async (_, at) => {
          const exchange = exchangeOf(from + at, isTake, isTake && from + at === calls - 1);
          const spanId = isTake ? newSpanId() : (parentSpans[from + at] ?? '');
          const link =
            isTake && exchange.match
              ? {
                  traceId: parent,
                  spanId: parentSpans[from + at] ?? '',
                  attributes: { 'retake.link.type': 'replay_of' },
                }
              : undefined;
          await executor.putExchange(traceId, storedExchange(exchange, spanId, stepOf(from + at)));
          const body = callSpan(identity, exchange, spanId, link, exchange.match && stepOf(from + at));
          if (body) await executor.ingest({ signal: 'traces', encoding: 'json', body });
        }),
      );
    }
    await executor.ingest({
      signal: 'traces',
      encoding: 'json',
      body: rootSpan(identity, { ...root, endNs: nanos(startNs + BigInt(calls) * 1_000_000_000n) }),
    });
    await executor.finishRun(traceId);
  }
  return { parent, take };
}

function exchangeOf(seq: number, isTake: boolean, isFork: boolean): Exchange {
  const conversation = Math.floor(seq / turns);
  const messages: unknown[] = [
    { role: 'system', content: `You are worker ${conversation}.` },
    { role: 'user', content: `Task ${conversation}.` },
  ];
  for (let at = 0; at < seq % turns; at++) {
    const id = `call_${conversation}_${at}`;
    messages.push(
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id, type: 'function', function: { name: 'lookup', arguments: `{"q":"${conversation} ${at}"}` } },
        ],
      },
      { role: 'tool', tool_call_id: id, content: `${words} ${at}` },
    );
  }
  const body = { model: 'gpt-4o', messages };
  const answer = {
    id: `a-${seq}`,
    model: 'gpt-4o',
    finish: seq % turns === turns - 1 ? ('stop' as const) : ('tool_calls' as const),
    usage: { input: 10, output: 5 },
    error: undefined,
    parts:
      seq % turns === turns - 1
        ? [{ type: 'text' as const, text: 'Found.' }]
        : [
            {
              type: 'tool_call' as const,
              id: `call_${conversation}_${seq % turns}`,
              name: 'lookup',
              arguments: `{"q":"${conversation} ${seq % turns}"}`,
            },
          ],
  };
  const live = !isTake || isFork;
  return {
    seq,
    method: 'POST',
    path: '/openai/v1/chat/completions',
    sentPath: undefined,
    format,
    startNs: nanos(startNs + BigInt(seq) * 1_000_000_000n),
    endNs: nanos(startNs + BigInt(seq) * 1_000_000_000n + 500_000_000n),
    firstByteMs: 100,
    status: 200,
    contentType: 'application/json',
    request: Buffer.from(JSON.stringify(body)),
    outgoing: undefined,
    response: Buffer.from(format.writeAnswer(answer, 'gpt-4o')),
    call: format.readRequest(body, { family: format.family, model: undefined, stream: undefined }),
    answer,
    served: live ? 'live' : 'recording',
    match: live
      ? undefined
      : {
          seq,
          level: seq % 3 === 0 ? 'scrubbed' : 'exact',
          ignored: seq % 7 === 0 ? [{ kind: 'said', text: 'a time in message 3' }] : [],
          ambiguous: false,
          again: false,
        },
    isFork,
    pinned: false,
    delivered: true,
    traceparent: undefined,
    note: undefined,
    serverAddress: 'api.openai.com',
  };
}
