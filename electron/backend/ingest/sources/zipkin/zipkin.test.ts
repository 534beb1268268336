import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

describe('spans of the Zipkin exporter of OpenTelemetry', () => {
  test('are the spans that OTLP would have given: kinds, usage, messages, times, status, scope', async () => {
    const { format, runs, skipped } = await readTrajectories(fixture('zipkin/otel-js-2.12.1/spans.json'));
    expect([format.startsWith('zipkin'), runs.length, skipped]).toEqual([true, 1, []]);
    const [run = []] = runs;
    expect(outline(run)).toEqual([
      'llm | gpt-4o-mini-2024-07-18 | get_weather({"city":"Paris"}) | ok',
      'tool | get_weather | {"city":"Paris"} | error',
      'agent | weather',
    ]);
    const [chat, tool, agent] = run;
    expect(chat?.facts).toMatchObject({
      usage: { input: 61, output: 17 },
      provider: 'openai',
      finishReasons: ['tool_call'],
    });
    expect(chat?.content.input[0]?.parts).toEqual([
      { type: 'text', text: 'What\'s the weather in Paris?\nSay it\'s "short".' },
    ]);
    expect([chat?.span.kind, chat?.span.parentSpanId]).toEqual([3, agent?.span.spanId]);
    expect(Number((chat?.span.endNs ?? 0n) - (chat?.span.startNs ?? 0n)) % 1_000).toBe(0);
    expect(chat?.span.events.map(({ name }) => name)).toEqual(['gen_ai.first_token']);
    expect(tool?.facts.error).toMatchObject({ message: 'no station' });
    expect(tool?.facts.tool?.callId).toBe('call_1');
  });
});

const span = (fields: object): object => ({ traceId: '1e223ff1f80f1c69', timestamp: 1_470_150_004_008_761, ...fields });

describe('by hand', () => {
  test('client and server of one id are two spans; what the server did hangs below its half', async () => {
    const text = JSON.stringify([
      span({
        id: 'bf396325699c84bf',
        name: 'get',
        kind: 'SERVER',
        duration: 99_411,
        localEndpoint: { serviceName: 'a' },
      }),
      span({
        id: '74280ae0c10d8062',
        parentId: 'bf396325699c84bf',
        name: 'post',
        kind: 'CLIENT',
        localEndpoint: { serviceName: 'a' },
      }),
      span({
        id: '74280ae0c10d8062',
        parentId: 'bf396325699c84bf',
        name: 'post',
        kind: 'SERVER',
        shared: true,
        localEndpoint: { serviceName: 'b' },
      }),
      span({
        id: '43210ae0c10d1234',
        parentId: '74280ae0c10d8062',
        name: 'async',
        localEndpoint: { serviceName: 'b' },
      }),
    ]);
    const [run = []] = (await readTrajectories(text)).runs;
    const name = (id: string | undefined): string | undefined => {
      const found = run.find(({ span: one }) => one.spanId === id)?.span;
      return found && `${found.name} ${found.kind}`;
    };
    expect(run.map(({ span: one }) => [`${one.name} ${one.kind}`, name(one.parentSpanId)])).toEqual([
      ['get 2', undefined],
      ['post 3', 'get 2'],
      ['post 2', 'post 3'],
      ['async 0', 'post 2'],
    ]);
    expect(run[0]?.span.traceId).toBe('00000000000000001e223ff1f80f1c69');
    // No duration: it is not said that it ended.
    expect(run.map(({ span: one }) => one.endNs)).toEqual([1_470_150_004_108_172_000n, 0n, 0n, 0n]);
  });

  test('lists of traces, events of the collector, text under error; a stranger among them is reported', async () => {
    const text = JSON.stringify([
      [
        span({
          id: '1',
          name: 'x',
          tags: { error: 'no such host', 'a.b': '5' },
          annotations: [{ timestamp: 1_470_150_004_008_762, value: '{"gen_ai.choice":{"index":"0"}}' }],
          remoteEndpoint: { serviceName: 'redis', ipv4: '10.0.0.3', port: 6379 },
        }),
      ],
      { hello: 'world' },
      [span({ id: '2', parentId: '1', name: 'y', tags: {} }), 7],
    ]);
    const { runs, skipped } = await readTrajectories(text);
    const [first] = runs[0] ?? [];
    expect(runs[0]?.map(({ span: one }) => [one.spanId, one.parentSpanId])).toEqual([
      ['0000000000000001', undefined],
      ['0000000000000002', '0000000000000001'],
    ]);
    expect([first?.span.statusCode, first?.span.statusMessage, first?.attributes.text('peer.service')]).toEqual([
      2,
      'no such host',
      'redis',
    ]);
    expect(first?.span.events[0]?.name).toBe('gen_ai.choice');
    expect(skipped).toEqual(['this is none of Zipkin', 'a value without the traceId and id of a Zipkin span']);
  });
});
