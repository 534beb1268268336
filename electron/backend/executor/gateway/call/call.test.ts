import { expect, test } from 'vitest';
import { createSecrets } from '../../../base/secrets.ts';
import { chat, testCall } from './call.testing.ts';
import { firstFacts } from './call.ts';

test('a model call is read in its format, without its keys, and knows where and when it came', () => {
  const key = 'sk-very-secret-0123456789';
  const call = testCall({
    path: '/v1/chat/completions?timeout=1',
    headers: { authorization: `Bearer ${key}` },
    body: chat(`my key is ${key}`),
  });
  expect(call).toMatchObject({ seq: 3, path: '/openai/v1/chat/completions', startNs: 7n, asked: { model: 'm' } });
  expect(call.recognised?.format.family).toBe('openai.chat');
  expect(call.kept).not.toContain(key);
  expect(JSON.stringify(call.asked?.items)).not.toContain(key);
  expect(firstFacts(call)).toEqual({ call: call.asked, isFork: false, pinned: false });
});

test('a key in the query is learnt before the body is read', () => {
  const secrets = createSecrets({});
  testCall({ prefix: 'gemini', path: '/v1beta/models/g:generateContent?key=plain-looking-key', secrets });
  expect(secrets.cleanText('plain-looking-key')).not.toContain('plain');
});

test('what is no model call, or none that can be read, asks nothing', () => {
  expect(testCall({ method: 'GET', path: '/v1/models', body: '' })).toMatchObject({
    recognised: undefined,
    asked: undefined,
    kept: '',
    path: '/openai/v1/models',
  });
  for (const body of ['no json', '[]', '"text"']) expect(testCall({ body }).asked).toBeUndefined();
});
