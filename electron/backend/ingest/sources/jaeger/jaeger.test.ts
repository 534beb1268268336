import { describe, expect, test } from 'vitest';
import { outline, readTrajectories } from '../recorded/recorded.testing.ts';

/** By hand, after Jaeger's own model. */
const tag = (key: string, value: unknown, type = 'string'): object => ({ key, type, value });
const trace = {
  traceID: '4a1b2c3d4e5f6071',
  spans: [
    {
      traceID: '4a1b2c3d4e5f6071',
      spanID: '1',
      operationName: 'invoke_agent weather',
      references: [],
      startTime: 1_770_000_000_001_000,
      duration: 44_000,
      tags: [
        tag('gen_ai.operation.name', 'invoke_agent'),
        tag('gen_ai.agent.name', 'weather'),
        tag('span.kind', 'internal'),
      ],
      logs: [],
      processID: 'p1',
    },
    {
      traceID: '4a1b2c3d4e5f6071',
      spanID: '2',
      operationName: 'chat gpt-4o-mini',
      references: [
        { refType: 'FOLLOWS_FROM', traceID: 'feedfeedfeedfeed', spanID: '77' },
        { refType: 'CHILD_OF', traceID: '4a1b2c3d4e5f6071', spanID: '1' },
      ],
      startTime: 1_770_000_000_002_000,
      duration: 1_500,
      tags: [
        tag('otel.scope.name', 'agent.lib'),
        tag('otel.scope.version', '1.2.3'),
        tag('span.kind', 'client'),
        tag('gen_ai.operation.name', 'chat'),
        tag('gen_ai.request.model', 'gpt-4o-mini'),
        tag('gen_ai.usage.input_tokens', 61, 'int64'),
        tag('gen_ai.usage.output_tokens', '17', 'int64'),
        tag('gen_ai.response.finish_reasons', '["stop"]'),
        tag('gen_ai.output.messages', '[{"role":"assistant","parts":[{"type":"text","content":"Sunny."}]}]'),
        tag('temperature', 0.5, 'float64'),
        tag('streamed', true, 'bool'),
        tag('raw', 'AAE=', 'binary'),
        tag('error', true, 'bool'),
        tag('otel.status_code', 'ERROR'),
        tag('otel.status_description', 'cut off'),
      ],
      logs: [{ timestamp: 1_770_000_000_002_500, fields: [tag('event', 'gen_ai.choice'), tag('index', 0, 'int64')] }],
      processID: 'p1',
      warnings: ['clock skew'],
    },
  ],
  processes: { p1: { serviceName: 'weather-agent', tags: [tag('host.name', 'box')] } },
};

describe("Jaeger's JSON", () => {
  test.each([
    ['as its window downloads it', JSON.stringify({ data: [trace], total: 0, limit: 0, offset: 0, errors: null })],
    ['a trace by itself', JSON.stringify(trace, undefined, 2)],
    ['a list', JSON.stringify([trace])],
  ])('%s', async (_, text) => {
    const { format, runs, skipped } = await readTrajectories(text);
    expect([format.startsWith('jaeger'), runs.length, skipped]).toEqual([true, 1, []]);
    expect(outline(runs[0])).toEqual(['agent | weather', 'llm | gpt-4o-mini | Sunny. | error']);
    const [, chat] = runs[0] ?? [];
    expect(chat?.span).toMatchObject({
      traceId: '00000000000000004a1b2c3d4e5f6071',
      spanId: '0000000000000002',
      parentSpanId: '0000000000000001',
      kind: 3,
      startNs: 1_770_000_000_002_000_000n,
      endNs: 1_770_000_000_003_500_000n,
      statusCode: 2,
      statusMessage: 'cut off',
      scope: { name: 'agent.lib', version: '1.2.3' },
    });
    expect(chat?.facts).toMatchObject({ usage: { input: 61, output: 17 }, finishReasons: ['stop'] });
    expect(chat?.span.links.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
      ['0000000000000000feedfeedfeedfeed', '0000000000000077'],
    ]);
    expect(chat?.span.events.map(({ name, attributes }) => [name, attributes.map(({ key }) => key)])).toEqual([
      ['gen_ai.choice', ['index']],
    ]);
    expect([
      chat?.attributes.get('temperature'),
      chat?.attributes.get('streamed'),
      chat?.attributes.get('raw'),
    ]).toEqual([0.5, true, Buffer.from([0, 1])]);
    expect(chat?.attributes.get('error')).toBeUndefined();
    expect(chat?.attributes.get('retake.import.warnings')).toEqual(['clock skew']);
    expect(chat?.span.resource).toBe(runs[0]?.[0]?.span.resource);
  });

  test('a span without ids is reported, its neighbours are read; a file that ends too early keeps what came before', async () => {
    const broken = { data: [{ ...trace, spans: [{ operationName: 'x' }, ...trace.spans] }] };
    const { runs, skipped } = await readTrajectories(JSON.stringify(broken));
    expect([runs[0]?.length, skipped]).toEqual([
      2,
      ['a span of trace 4a1b2c3d4e5f6071: no traceID, spanID and operationName'],
    ]);
    const text = JSON.stringify({ data: [trace, trace] });
    const cut = await readTrajectories(text.slice(0, text.lastIndexOf('"chat gpt-4o-mini"')));
    expect(cut.runs[0]?.map(({ span }) => span.spanId)).toEqual([
      '0000000000000001',
      '0000000000000002',
      '0000000000000001',
    ]);
    expect(cut.skipped).toHaveLength(2);
  });

  test('the wrapper of the third API is OTLP', async () => {
    const span = {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      name: 'x',
      startTimeUnixNano: '1',
      endTimeUnixNano: '2',
    };
    const result = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    const { format, runs } = await readTrajectories(JSON.stringify({ result }));
    expect([format, runs.length]).toEqual(['otlp-json', 1]);
  });
});
