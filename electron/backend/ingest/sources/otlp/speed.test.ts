import { expect, test } from 'vitest';
import { encodeOtlpProto } from '../../../telemetry/export-otlp.ts';
import { OtlpJsonDecoder } from './otlp-json.ts';
import { OtlpProtoDecoder } from './otlp-proto.ts';
import { collect } from './otlp.testing.ts';

/** A conversation that is sent again at each step, JSON in JSON, as agents write it: about 30 MB. */
function longRun(): Buffer {
  const lines: string[] = [];
  const messages: object[] = [];
  for (let step = 0; step < 150; step++) {
    messages.push({
      role: 'tool',
      content: `line ${step} of "src/file-${step % 7}.ts"\n  const value = read('${step}');\n`.repeat(40),
    });
    const attributes = [
      { key: 'gen_ai.input.messages', value: { stringValue: JSON.stringify(messages) } },
      { key: 'gen_ai.usage.input_tokens', value: { intValue: String(step) } },
    ];
    const span = {
      traceId: '1'.repeat(32),
      spanId: (step + 1).toString(16).padStart(16, '0'),
      name: 'chat',
      kind: 3,
      startTimeUnixNano: '1763900000123456789',
      endTimeUnixNano: '1763900001123456789',
      attributes,
      status: {},
    };
    lines.push(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }));
  }
  return Buffer.from(lines.join('\n'));
}

const median = (values: readonly number[]): number =>
  [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0;

// Measured 2.2 to 2.7 and over 200; the bounds leave room for a busy machine, both sides are timed in turn.
test('long strings: JSON is read faster than JSON.parse reads it, protobuf many times faster', () => {
  const text = longRun();
  const collected = collect();
  new OtlpJsonDecoder(collected.sink).whole(text);
  const proto = Buffer.concat([...encodeOtlpProto(collected.spans, [])]);
  const sides = {
    parse: () => {
      for (const line of text.toString('utf8').split('\n')) JSON.parse(line);
    },
    json: () => new OtlpJsonDecoder(collect().sink).whole(text),
    proto: () => new OtlpProtoDecoder(collect().sink).message(proto, 'traces'),
  };
  const times: Record<keyof typeof sides, number[]> = { parse: [], json: [], proto: [] };
  for (let round = 0; round < 7; round++) {
    for (const side of ['parse', 'json', 'proto'] as const) {
      const started = performance.now();
      sides[side]();
      times[side].push(performance.now() - started);
    }
  }
  const ratio = (side: 'json' | 'proto'): number => median(times.parse) / median(times[side]);
  console.log(
    `${(text.length / 1e6).toFixed(0)} MB: JSON.parse ${median(times.parse).toFixed(0)} ms, JSON × ${ratio('json').toFixed(2)}, protobuf × ${ratio('proto').toFixed(0)}`,
  );
  expect(ratio('json')).toBeGreaterThan(1.3);
  expect(ratio('proto')).toBeGreaterThan(5);
});
