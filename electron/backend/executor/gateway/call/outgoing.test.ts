import { expect, test } from 'vitest';
import { createSecrets } from '../../../base/secrets.ts';
import { chat, testCall } from './call.testing.ts';
import { firstFacts } from './call.ts';
import { outgoingCall } from './outgoing.ts';

const key = 'sk-very-secret-0123456789';
const keyed = () => {
  const secrets = createSecrets({});
  const call = testCall({
    headers: { authorization: `Bearer ${key}` },
    body: chat(`Deploy the shop with the key ${key}, please`),
    secrets,
  });
  return { secrets, call, facts: firstFacts(call), path: call.given.path };
};

test("what nobody changed goes out as the agent's own bytes", () => {
  const { secrets, call, facts, path } = keyed();
  const { body, facts: after } = outgoingCall(call, facts, { path, text: call.kept }, secrets);
  expect(body).toBe(call.given.body);
  expect(after).toEqual(facts);
});

test('what was changed goes out with the keys where they stood; what is kept of it has none', () => {
  const { secrets, call, facts, path } = keyed();
  const text = call.kept.replace('please', 'now');
  const { body, facts: after } = outgoingCall(call, facts, { path, text }, secrets);
  expect(body.toString()).toBe(chat(`Deploy the shop with the key ${key}, now`));
  expect(after.outgoing).toBe(body);
  expect(after.note).toBeUndefined();
  expect(JSON.stringify(after.call?.items)).toContain('now');
  expect(JSON.stringify(after.call?.items)).not.toContain(key);
});

test('a mark without a key of its own is said, after what was said before', () => {
  const { secrets, call, facts, path } = keyed();
  const { facts: after } = outgoingCall(
    call,
    { ...facts, note: 'Pinned.' },
    { path, text: chat('Another text with [key removed]') },
    secrets,
  );
  expect(after.note).toBe(
    'Pinned. A key that the recording does not hold went to the model as “[key removed]”: the live request has none at that place.',
  );
});

test("Gemini's model is in the path: where it went is known, and read as the call's model", () => {
  const secrets = createSecrets({});
  const call = testCall({
    prefix: 'gemini',
    path: '/v1beta/models/one:generateContent?alt=json',
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hello' }] }] }),
    secrets,
  });
  const { body, facts } = outgoingCall(
    call,
    firstFacts(call),
    { path: '/v1beta/models/two:generateContent?alt=json', text: call.kept },
    secrets,
  );
  expect(body).toBe(call.given.body);
  expect(facts.outgoing).toBeUndefined();
  expect(facts.sentPath).toBe('/gemini/v1beta/models/two:generateContent');
  expect(facts.call?.model).toBe('two');
});

test('what is no model call goes out as it came', () => {
  const call = testCall({ method: 'GET', path: '/v1/models', body: '' });
  const outgoing = outgoingCall(call, firstFacts(call), { path: '/v1/models', text: undefined }, createSecrets({}));
  expect(outgoing).toEqual({ body: call.given.body, facts: firstFacts(call) });
});
