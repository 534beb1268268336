import { expect, test } from 'vitest';
import { nanos } from '../../../../../shared/model/units.ts';
import { knownKeys } from '../../../base/known-keys.testing.ts';
import { createSecrets } from '../../../base/secrets.ts';
import { exchangeOf } from './call-exchange.ts';
import { chat, testCall } from './call.testing.ts';
import { firstFacts } from './call.ts';
import type { GivenCall, Reply } from './call.ts';

const key = 'sk-very-secret-0123456789';
const secrets = createSecrets({ MY_API_KEY: key });
const ended = { delivered: true, secrets, sessionHeaders: ['x-session'], endNs: nanos(9n) };
const reply = (call: GivenCall, text: string): Reply => ({
  served: 'live',
  status: 200,
  contentType: 'application/json',
  body: Buffer.from(
    call.recognised?.format.writeAnswer(
      { id: 'i', model: 'm', parts: [{ type: 'text', text }], finish: 'stop', usage: undefined, error: undefined },
      'm',
    ) ?? '',
  ),
});

test('what is kept has no keys: not in what was asked, what went out, what was said, nor in the words about it', () => {
  const call = testCall({ body: chat(`use ${key}`), secrets });
  const exchange = exchangeOf(
    call,
    {
      facts: {
        ...firstFacts(call),
        outgoing: Buffer.from(chat(`now use ${key}`)),
        note: `Said ${key}.`,
        requestId: key,
      },
      reply: reply(call, `I use ${key}`),
    },
    ended,
  );
  expect(
    JSON.stringify(exchange, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
  ).not.toContain(key);
  for (const bytes of [exchange.request, exchange.outgoing, exchange.response])
    expect(bytes?.toString()).not.toContain(key);
  expect(JSON.stringify(exchange.call?.items)).toContain('now use');
  expect(exchange).toMatchObject({ seq: 3, startNs: 7n, endNs: 9n, format: call.recognised?.format, delivered: true });
});

test('the first header that names a session by a UUID counts', () => {
  const sessionId = '815b7ba3-1cc3-4612-8b55-8ec7a099162a';
  const of = (value: string) => {
    const call = testCall({ headers: { 'x-session': value }, secrets });
    return exchangeOf(call, { facts: firstFacts(call), reply: reply(call, 'hi') }, ended).sessionId;
  };
  expect(of(sessionId)).toBe(sessionId);
  expect(of('../../etc/passwd')).toBeUndefined();
});

test('what is no model call has bytes and no call', () => {
  const call = testCall({ method: 'GET', path: '/v1/models', body: '' });
  const exchange = exchangeOf(
    call,
    {
      facts: firstFacts(call),
      reply: { served: 'held', status: 404, contentType: 'application/json', body: Buffer.from('{}') },
    },
    ended,
  );
  expect(exchange).toMatchObject({ method: 'GET', format: undefined, call: undefined, answer: undefined, status: 404 });
});

test.each(knownKeys)('a key that comes in pieces of a stream is not kept: $kind', ({ text, key: secret }) => {
  for (const size of [4, 11, 29]) {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    );
    const chunk = (delta: object, finish?: string): string =>
      `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: finish ?? null }] })}\n\n`;
    const stream = [
      chunk({ role: 'assistant', content: '' }),
      ...pieces.map((content) => chunk({ content })),
      chunk({}, 'stop'),
      'data: [DONE]\n\n',
    ].join('');
    const unknown = createSecrets({});
    const call = testCall({ body: chat('say it', { stream: true }), secrets: unknown });
    const reply: Reply = { served: 'live', status: 200, contentType: 'text/event-stream', body: Buffer.from(stream) };
    const exchange = exchangeOf(call, { facts: firstFacts(call), reply }, { ...ended, secrets: unknown });
    expect(exchange.answer?.parts).toEqual([{ type: 'text', text: unknown.cleanText(text) }]);
    for (const part of secret.split('\n').filter((line) => line.length > 8)) {
      expect(exchange.response.toString()).not.toContain(part);
      expect(JSON.stringify(exchange.answer)).not.toContain(part);
    }
    // An agent that did not ask for usage reads the first choice of each chunk.
    expect(exchange.response.toString()).not.toContain('"choices":[]');
    const kept = exchange.response.toString().matchAll(/"content":"((?:[^"\\]|\\.)*)"/g);
    expect([...kept].map(([, piece]) => JSON.parse(`"${piece}"`) as string).join('')).toBe(unknown.cleanText(text));
  }
});
