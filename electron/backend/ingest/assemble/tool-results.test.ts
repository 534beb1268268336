import { expect, test } from 'vitest';
import type { Message } from '../../../../shared/model/message.ts';
import type { RequestedTool } from '../../telemetry/step-facts.ts';
import { createPromptResults } from './tool-results.ts';

const call = (id: string | undefined, name = 'bash'): RequestedTool => ({
  id,
  name,
  arguments: undefined,
  server: false,
});
const result = (id: string | undefined, text: string, isError?: boolean): Message => ({
  role: 'tool',
  parts: [{ type: 'tool_result', id, name: 'bash', result: text, isError }],
});

/** Prompts by number, each with that which it goes on from. */
function resultsIn(prompts: readonly { readonly messages: readonly Message[]; readonly after?: number }[]) {
  let messagesRead = 0;
  const counted = (messages: readonly Message[]): readonly Message[] => {
    messagesRead += messages.length;
    return messages;
  };
  const find = createPromptResults({
    input: (seq) => counted(prompts[seq]?.messages ?? []),
    inputBeyond: (seq, earlier) => {
      const before = prompts[earlier]?.messages.length ?? 0;
      let at: number | undefined = seq;
      while (at !== undefined && at !== earlier) at = prompts[at]?.after;
      return at === undefined ? undefined : counted(prompts[seq]?.messages.slice(before) ?? []);
    },
  });
  return { find, messagesRead: () => messagesRead };
}

test('each message of a conversation is read once, whoever asks', () => {
  const messages = Array.from({ length: 200 }, (_, index) => result(`call-${index}`, `${index}`, index === 150));
  const { find, messagesRead } = resultsIn(
    messages.map((_, seq) => ({ messages: messages.slice(0, seq + 1), ...(seq === 0 ? {} : { after: seq - 1 }) })),
  );
  for (const seq of messages.keys()) expect(find(seq, call(`call-${seq}`))).toBeDefined();
  expect(find(150, call('call-150'))).toEqual({ isError: true, message: '150' });
  expect(messagesRead()).toBe(200);
});

test('a prompt has the results that came up to it: the last one of an id that is used again, none of later ones', () => {
  const messages = [result('same', 'first', true), result('same', 'second', true), result('late', 'third', true)];
  const { find } = resultsIn(
    messages.map((_, seq) => ({ messages: messages.slice(0, seq + 1), ...(seq === 0 ? {} : { after: seq - 1 }) })),
  );
  expect(find(0, call('same'))?.message).toBe('first');
  expect(find(2, call('late'))?.message).toBe('third');
  expect(find(1, call('same'))?.message).toBe('second');
  expect(find(1, call('late'))).toBeUndefined();
  expect(find(0, call('same'))?.message).toBe('first');
});

test('conversations that take turns, and one that was compacted, have their own results', () => {
  const ofA = [result('1', 'a1', true), result('2', 'a2', true)];
  const ofB = [result('1', 'b1', true), result('2', 'b2', true)];
  const { find, messagesRead } = resultsIn([
    { messages: ofA.slice(0, 1) },
    { messages: ofB.slice(0, 1) },
    { messages: ofA, after: 0 },
    { messages: ofB, after: 1 },
    { messages: [result('3', 'c', true)] },
  ]);
  expect([0, 1, 2, 3].map((seq) => find(seq, call('1'))?.message)).toEqual(['a1', 'b1', 'a1', 'b1']);
  expect([2, 3].map((seq) => find(seq, call('2'))?.message)).toEqual(['a2', 'b2']);
  expect(find(4, call('3'))?.message).toBe('c');
  expect(find(4, call('1'))).toBeUndefined();
  expect(messagesRead()).toBe(5);
});

test('without an id the latest result of that name counts; what came of a call that went well is not kept', () => {
  const { find } = resultsIn([{ messages: [result(undefined, 'old'), result(undefined, 'new', false)] }]);
  expect(find(0, call(undefined))).toEqual({ isError: false, message: undefined });
  expect(find(0, call(undefined, 'other'))).toBeUndefined();
});
