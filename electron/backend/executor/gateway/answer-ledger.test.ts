import { expect, test } from 'vitest';
import { createAnswerLedger } from './answer-ledger.ts';
import type { WireCall, WireItem, WirePart } from './wire.ts';

const text = (words: string): WirePart => ({ type: 'text', text: words });
const user = (words: string): WireItem => ({ role: 'user', parts: [text(words)] });
const said = (words: string): WireItem => ({ role: 'assistant', parts: [text(words)] });
const calls = (id: string, name = 'look'): WireItem => ({
  role: 'assistant',
  parts: [{ type: 'tool_call', id, name, arguments: `{"id":"${id}"}` }],
});
const result = (id: string): WireItem => ({ role: 'tool', parts: [{ type: 'tool_result', id, result: `of ${id}` }] });

function conversation() {
  const ledger = createAnswerLedger();
  let seq = 0;
  return {
    ask: (items: readonly WireItem[], answer: WireItem | undefined): readonly string[] => {
      const call: WireCall = {
        family: 'openai.chat',
        model: 'm',
        stream: false,
        system: [],
        items,
        tools: [],
        params: new Map(),
        continues: undefined,
      };
      const unseen = ledger.asked(seq, call);
      ledger.answered(seq++, answer?.parts);
      return unseen.map(({ at, text: words }) => `${at} ${words}`);
    },
  };
}

test('an answer between two calls that the gateway did not give is told, once', () => {
  const { ask } = conversation();
  expect(ask([user('0')], said('A'))).toEqual([]);
  expect(ask([user('0'), said('A'), user('1'), said('B'), user('2')], said('C'))).toEqual(['3 B']);
  expect(ask([user('0'), said('A'), user('1'), said('B'), user('2'), said('C'), user('3')], said('D'))).toEqual([]);
});

test('so is one that calls tools', () => {
  const { ask } = conversation();
  ask([user('0')], calls('c1'));
  expect(ask([user('0'), calls('c1'), result('c1'), calls('c2', 'book'), result('c2')], said('done'))).toEqual([
    '3 book',
  ]);
});

test('so is one that took the place of an answer that failed', () => {
  const { ask } = conversation();
  ask([user('0')], said('A'));
  ask([user('0'), said('A'), user('1')], undefined);
  expect(ask([user('0'), said('A'), user('1'), said('from elsewhere'), user('2')], said('C'))).toEqual([
    '3 from elsewhere',
  ]);
});

test('examples and a resumed history in the first request are none', () => {
  const { ask } = conversation();
  expect(ask([user('example'), said('of an answer'), user('0')], said('A'))).toEqual([]);
  expect(ask([user('example'), said('of an answer'), user('0'), said('A'), user('1')], said('B'))).toEqual([]);
});

test('the answer of another thread may stand in this one', () => {
  const { ask } = conversation();
  ask([user('research')], said('a long report on tea'));
  ask([user('0')], calls('c1'));
  expect(ask([user('0'), calls('c1'), result('c1'), said('a long report on tea'), user('next')], said('B'))).toEqual(
    [],
  );
});

test('an agent that keeps answers in words of its own is not judged', () => {
  const { ask } = conversation();
  ask([user('0')], said('I think I will look.'));
  ask([user('0'), said('Thought: look'), user('Observation: 1')], said('It is one.'));
  expect(
    ask(
      [user('0'), said('Thought: look'), user('Observation: 1'), said('Thought: one'), user('Observation: 2')],
      said('x'),
    ),
  ).toEqual([]);
});

test('an agent that trims, shortens, summarises or reminds is not judged', () => {
  const start = [
    user('0'),
    said('A first answer of some length'),
    user('1'),
    said('A second answer of some length'),
    user('2'),
  ];
  for (const later of [
    [user('1'), said('A second answer of some length'), user('2'), said('C'), user('3')],
    [user('0'), said('A first answer of…'), user('1'), said('A second answer of some length'), user('2')],
    [user('0'), said('Summary: it went well'), user('2')],
    [user('Summary of before'), said('Understood.'), user('2')],
    [user('0'), said('A first answer of some length'), user('1, and mind the time'), said('Own words'), user('2')],
    [
      user('0'),
      said('  A first\nanswer of some length '),
      user('1'),
      said('<think>so</think>A second answer of some length'),
      user('2'),
    ],
  ]) {
    const { ask } = conversation();
    ask(start.slice(0, 1), start[1]);
    ask(start.slice(0, 3), start[3]);
    expect(ask(later, said('D'))).toEqual([]);
  }
});

test('words that the agent adds behind an answer are no answer', () => {
  const { ask } = conversation();
  ask([user('0')], calls('c1'));
  expect(ask([user('0'), calls('c1'), result('c1')], said('the end of the sub-agent'))).toEqual([]);
  expect(
    ask(
      [user('0'), calls('c1'), result('c1'), said('the end of the sub-agent'), said('Transferring back'), user('1')],
      said('B'),
    ),
  ).toEqual([]);
});
