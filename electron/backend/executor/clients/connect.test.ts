import { expect, it } from 'vitest';
import { connectClients } from './connect.ts';

const changed = { http: 'http://127.0.0.1:50123', grpc: 'http://127.0.0.1:50124' };
const textsOf = (id: string, endpoints: Parameters<typeof connectClients>[0] = changed): readonly string[] =>
  connectClients(endpoints)
    .find((client) => client.id === id)
    ?.settings.map(({ text }) => text) ?? [];

it('every client gets the port that is really open, never the default one', () => {
  for (const { id } of connectClients(changed)) {
    const text = textsOf(id).join('\n');
    expect(text, id).toContain('127.0.0.1:50123');
    expect(text, id).not.toMatch(/:431[78]/);
  }
});

it('offers gRPC only while it listens', () => {
  expect(textsOf('opentelemetry').join()).toContain('50124');
  const without = textsOf('opentelemetry', { ...changed, grpc: undefined }).join();
  expect(without).toContain('50123');
  expect(without).not.toContain('grpc');
});

it('gives Codex the full path of each signal, and settings files that parse', () => {
  const codex = textsOf('codex')[0] ?? '';
  for (const signal of ['logs', 'traces', 'metrics']) expect(codex).toContain(`http://127.0.0.1:50123/v1/${signal}`);
  expect(JSON.parse(textsOf('gemini-cli')[0] ?? '')).toMatchObject({
    telemetry: { otlpEndpoint: 'http://127.0.0.1:50123', logPrompts: true },
  });
});

it('lists them in the order of the list, without those that have no settings', () => {
  expect(connectClients(changed).map(({ id }) => id)).toEqual([
    'vercel-ai',
    'openai-agents',
    'langgraph',
    'anthropic-sdk',
    'langfuse',
    'langsmith',
    'claude-code',
    'codex',
    'gemini-cli',
    'opentelemetry',
  ]);
});
