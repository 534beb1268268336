import { expect, it } from 'vitest';
import { clientById, clients } from './clients.ts';

const changed = { http: 'http://127.0.0.1:50123', grpc: 'http://127.0.0.1:50124' };

it('every client gets the port that is really open, never the default one', () => {
  for (const client of clients) {
    const text = client
      .settings(changed)
      .map((setting) => setting.text)
      .join('\n');
    expect(text, client.id).toContain('127.0.0.1:50123');
    expect(text, client.id).not.toMatch(/:431[78]/);
  }
});

it('offers gRPC only while it listens', () => {
  const any = clientById('opentelemetry');
  expect(
    any
      ?.settings(changed)
      .map((setting) => setting.text)
      .join(),
  ).toContain('50124');
  expect(
    any
      ?.settings({ ...changed, grpc: undefined })
      .map((setting) => setting.text)
      .join(),
  ).not.toContain('grpc');
});

it('gives Codex the full path of each signal, and settings files that parse', () => {
  const codex = clientById('codex')?.settings(changed)[0]?.text ?? '';
  for (const signal of ['logs', 'traces', 'metrics']) expect(codex).toContain(`http://127.0.0.1:50123/v1/${signal}`);
  const gemini = clientById('gemini-cli')?.settings(changed)[0]?.text ?? '';
  expect(JSON.parse(gemini)).toMatchObject({ telemetry: { otlpEndpoint: 'http://127.0.0.1:50123', logPrompts: true } });
});

it('knows no client by an unknown id', () => expect(clientById('nobody')).toBeUndefined());
