import { expect, test } from 'vitest';
import { contextOf, unusedText } from './agent-environment.ts';

const run = {
  traceId: 'a'.repeat(32),
  rootSpanId: 'b'.repeat(16),
  resource: { 'service.name': 'shop agent', 'retake.run.id': 'a b', 'retake.edits': '[]', 'retake.fork.step': 3 },
};

test('the agent is told which run it is in, and where its own spans may go', () => {
  expect(contextOf(run, {}, 'http://127.0.0.1:4318', true)).toEqual({
    TRACEPARENT: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    OTEL_RESOURCE_ATTRIBUTES: 'retake.run.id=a%20b,retake.fork.step=3',
    RETAKE_RUN_ID: 'a'.repeat(32),
    RETAKE_IS_RERUN: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  });
});

test("what the user has set stays: attributes of their own, spans that go elsewhere, a proxy that is not for this machine's gateway", () => {
  const environment = {
    OTEL_RESOURCE_ATTRIBUTES: 'team=shop',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example',
    HTTPS_PROXY: 'http://proxy.example',
    NO_PROXY: 'intranet.example',
  };
  const made = contextOf(run, environment, 'http://127.0.0.1:4318', false);
  expect(made).toMatchObject({
    OTEL_RESOURCE_ATTRIBUTES: 'team=shop,retake.run.id=a%20b,retake.fork.step=3',
    NO_PROXY: 'intranet.example,127.0.0.1,localhost',
    no_proxy: 'intranet.example,127.0.0.1,localhost',
  });
  expect(made).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
  expect(made).not.toHaveProperty('RETAKE_IS_RERUN');
});

test('a gateway that nobody uses is explained, by the client where it is known', () => {
  expect(unusedText(['A', 'B'], undefined)).toBe(
    'No model call came to the gateway, so this run cannot be run again. These variables were set for the agent: A, B. The agent may have the address of its provider built in: have it read one of these variables, or give the address to its client.',
  );
  expect(unusedText(['A'], 'Codex')).toBe(
    'No model call came to the gateway, so this run cannot be run again. These variables were set for the agent: A. Codex may have another provider in its own settings.',
  );
});
