import { expect, test } from 'vitest';
import { createKeyMaker } from './call-keys.ts';
import type { LiveCall } from './matched-calls.ts';
import { createUnderWay } from './under-way.ts';
import { openAiChat } from './wires/openai-chat/openai-chat.ts';

const call = openAiChat.readRequest(
  { model: 'm', messages: [{ role: 'user', content: 'go on' }] },
  { family: 'openai.chat', model: undefined, stream: undefined },
);
const live: LiveCall = { call, keys: createKeyMaker().keysOf(call), isRetry: false, atMs: 0 };

test('a request waits for what it goes on from, not for the rest', async () => {
  const underWay = createUnderWay();
  underWay.started(1);
  underWay.started(2);
  const known = new Set<number>();
  const waited = underWay.settled(() => known.has(1), live).then(() => underWay.hasEnded(2));
  known.add(1);
  underWay.ended(1);
  expect(await waited).toBe(false);
});

test('all of some calls: those that were never started count as ended', async () => {
  const underWay = createUnderWay();
  underWay.started(1);
  const order: string[] = [];
  const all = underWay.ofAll(new Set([1, 7])).then(() => order.push('all'));
  order.push('before');
  underWay.ended(1);
  await all;
  expect(order).toEqual(['before', 'all']);
});
