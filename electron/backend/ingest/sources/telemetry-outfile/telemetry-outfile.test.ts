import { expect, test } from 'vitest';
import { importBytes } from '../import-file.ts';
import { collect } from '../otlp/otlp.testing.ts';

const resource = { _rawAttributes: [['service.name', 'gemini-cli']], _asyncAttributesPending: false };
const span = {
  _spanContext: { traceId: '998fe2d107f7ec4b650fb1f6c3984342', spanId: '4ab761d0bba68054', traceFlags: 1 },
  kind: 0,
  attributes: {
    'gen_ai.operation.name': 'llm_call',
    'gen_ai.conversation.id': 's1',
    'gen_ai.request.model': 'gemini-x',
  },
  links: [],
  events: [],
  startTime: [1_795_985_050, 632_000_000],
  resource,
  instrumentationScope: { name: 'gemini-cli', version: 'v1' },
  name: 'llm_call',
  status: { code: 1 },
  endTime: [1_795_985_051, 132_000_000],
  _ended: true,
};
const log = {
  hrTime: [1_795_985_050, 700_000_000],
  hrTimeObserved: [1_795_985_050, 700_000_000],
  resource,
  instrumentationScope: { name: 'gemini-cli' },
  attributes: { 'event.name': 'gemini_cli.api_response', 'session.id': 's1', input_token_count: 12 },
  _body: 'API response from gemini-x.',
};

test('a telemetry file of Gemini CLI: spans and logs as they would have come, metrics said to be left out', async () => {
  const values = [log, span, { resource, scopeMetrics: [] }, { neither: true }];
  const text = values.map((value) => JSON.stringify(value, undefined, 2)).join('\n');
  const collected = collect();
  const { format } = await importBytes('outfile', Buffer.from(text), collected.sink);
  expect(format).toBe('telemetry-outfile');
  expect(
    collected.spans.map(({ name, startNs, endNs, scope }) => [name, Number(endNs - startNs) / 1e6, scope.name]),
  ).toEqual([['llm_call', 500, 'gemini-cli']]);
  expect(
    collected.logs.map(({ eventName, timeNs, scope }) => [eventName, Number(timeNs / 1_000_000n), scope.name]),
  ).toEqual([['gemini_cli.api_response', 1_795_985_050_700, 'gemini-cli']]);
  expect(collected.warnings).toEqual(['1 readings of metrics were not read: they tell of no run']);
  expect(collected.skipped).toEqual([
    { line: expect.any(Number), reason: 'this is neither a span nor a log record nor metrics' },
  ]);
});
