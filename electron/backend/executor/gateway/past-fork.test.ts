import { describe, expect, test } from 'vitest';
import { createKeyMaker } from './call-keys.ts';
import { recordedCall } from './matched-calls.ts';
import type { LiveCall, RecordedCall } from './matched-calls.ts';
import { createPastFork } from './past-fork.ts';
import type { WireCall } from './wire.ts';
import { openAiChat } from './wires/openai-chat/openai-chat.ts';

type Message = Readonly<Record<string, unknown>>;
const user = (content: string): Message => ({ role: 'user', content });
const said = (content: string): Message => ({ role: 'assistant', content });
const keys = createKeyMaker();
const callOf = (...messages: readonly Message[]): WireCall =>
  openAiChat.readRequest({ model: 'm', messages }, { family: 'openai.chat', model: undefined, stream: undefined });
const answerOf = (content: string) => openAiChat.readAnswer({ choices: [{ message: said(content) }] });
const live = (...messages: readonly Message[]): LiveCall => {
  const call = callOf(...messages);
  return { call, keys: keys.keysOf(call), isRetry: false, atMs: 0 };
};
const recorded = (
  seq: number,
  answer: string,
  times: { readonly startMs?: number; readonly endMs?: number },
  ...messages: readonly Message[]
): RecordedCall =>
  recordedCall({ seq, call: callOf(...messages), answer: answerOf(answer), status: 200, ...times }, keys);

describe('in the recording', () => {
  test('what goes on from the answer is past, and what came from there', () => {
    const past = createPastFork([
      recorded(0, 'first', {}, user('look after it')),
      recorded(1, 'second', {}, user('look after it'), said('first'), user('go on')),
      recorded(2, 'else', {}, user('another task')),
    ]);
    past.leave(0);
    expect([...past.recorded]).toEqual([1]);
  });

  test('a longer request of the same task, asked before the answer came, is another agent’s', () => {
    const calls = (startMs: number): readonly RecordedCall[] => [
      recorded(0, 'first', { startMs: 10, endMs: 20 }, user('look after it')),
      recorded(1, 'second', { startMs, endMs: 30 }, user('look after it'), user('Reminder: be brief.')),
    ];
    const [beside, after] = [15, 25].map((startMs) => {
      const past = createPastFork(calls(startMs));
      past.leave(0);
      return [...past.recorded];
    });
    expect({ beside, after }).toEqual({ beside: [], after: [1] });
  });
});

describe('in the take', () => {
  test('an answer that the recording gave elsewhere in the same words is known by what was said before it', () => {
    const past = createPastFork([]);
    past.given(answerOf('I look.'), 'recording', callOf(user('another task')));
    past.given(answerOf('I look.'), 'fork', callOf(user('look after it'), said('Well then'), user('go on')));
    const request = live(
      user('look after it'),
      said('Well then'),
      user('go on'),
      said('I look.'),
      user('what did you see?'),
    );
    expect(past.conversationOf(request)).toBe('fork');
    expect(past.conversationOf(live(user('another task'), said('I look.'), user('and?')))).toBeUndefined();
  });

  test('twins that are answered alike are told apart by the requests that they begin with', () => {
    const past = createPastFork([]);
    past.asked(live(user('look'), said('one'), user('seen 1')), 'fork');
    past.asked(live(user('look'), said('one'), user('seen 2')), 'other');
    past.given(answerOf('two'), 'fork', undefined);
    past.given(answerOf('two'), 'other', undefined);
    const goesOn = (seen: string) =>
      past.conversationOf(live(user('look'), said('one'), user(seen), said('two'), user('more')));
    expect({ fork: goesOn('seen 1'), twin: goesOn('seen 2') }).toEqual({ fork: 'fork', twin: 'other' });
  });

  test('twins that are the same word for word: what the fork’s has asked already is the other one’s', () => {
    const past = createPastFork([]);
    const first = live(user('look'), said('one'), user('seen'));
    past.asked(first, 'fork');
    past.asked(first, 'other');
    past.given(answerOf('two'), 'fork', undefined);
    const second = live(user('look'), said('one'), user('seen'), said('two'), user('more'));
    expect(past.conversationOf(second)).toBe('fork');
    past.asked(second, 'fork');
    expect(past.conversationOf(second)).toBe('other');
  });
});
