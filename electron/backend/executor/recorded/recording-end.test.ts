import { expect, test } from 'vitest';
import { createKeyMaker } from '../gateway/call-keys.ts';
import { recordedCall } from '../gateway/matched-calls.ts';
import type { LiveCall } from '../gateway/matched-calls.ts';
import type { WireCall, WireItem } from '../gateway/wire.ts';
import type { Loaded } from './recorded-calls.ts';
import { isPastTheEnd } from './recording-end.ts';
import type { RecordingEnd } from './recording-end.ts';

const keys = createKeyMaker();
const text = (role: WireItem['role'], words: string): WireItem => ({ role, parts: [{ type: 'text', text: words }] });

function callOf(...items: readonly WireItem[]): WireCall {
  return continuing(undefined, ...items);
}

function continuing(continues: string | undefined, ...items: readonly WireItem[]): WireCall {
  return {
    family: 'openai.chat',
    model: 'm',
    stream: false,
    system: [],
    items,
    tools: [],
    params: new Map(),
    continues,
  };
}

function loaded(seq: number, call: WireCall, said: string, id?: string): Loaded {
  const answer = {
    id,
    model: 'm',
    parts: [{ type: 'text', text: said }],
    finish: 'stop',
    usage: undefined,
    error: undefined,
  } as const;
  return {
    recorded: recordedCall({ seq, call, answer, status: 200 }, keys),
    step: seq,
    stepId: undefined,
    recognised: undefined,
    answer,
    request: () => Promise.resolve(undefined),
    recordedAnswer: () => Promise.reject(new Error('none')),
  };
}

function endOf(...calls: readonly Loaded[]): RecordingEnd {
  return {
    recorded: {
      calls,
      keys,
      auxiliary: () => Promise.resolve(undefined),
      launch: undefined,
      tools: [],
      foreign: false,
      steps: [],
      problems: [],
      pastGateway: [],
    },
    brokenOff: [],
  };
}

test('an agent that adds words of its own to the answers (smolagents) is past the end once all that was recorded was asked for', () => {
  const task = text('user', 'Add up the orders.');
  const end = endOf(loaded(0, callOf(task), 'I look at A1.'));
  const call = callOf(
    task,
    text('assistant', 'I look at A1.'),
    text('assistant', 'Calling tools: lookup A1'),
    text('user', 'Observation: 10'),
  );
  const live: LiveCall = { call, keys: keys.keysOf(call), isRetry: false };
  expect(isPastTheEnd(live, end, { unused: [], isLive: false })).toBe(true);
  expect(isPastTheEnd(live, end, { unused: [0], isLive: false })).toBe(false);
});

test('a thread whose history its provider keeps (Agent Framework) is past the end after the last answer that it names', () => {
  const result = (output: string): WireItem => ({
    role: 'tool',
    parts: [{ type: 'tool_result', id: undefined, name: undefined, result: output, isError: undefined }],
  });
  const one = callOf(text('user', 'Add up the orders.'));
  const end = endOf(
    loaded(0, one, 'I look at A1.', 'resp_1'),
    loaded(1, callOf(text('user', 'Count the boxes.')), 'I look at B1.', 'resp_b'),
    loaded(2, continuing('resp_1', result('10')), 'I look at A2.', 'resp_2'),
    loaded(3, continuing('resp_b', result('7')), 'I look at B2.', 'resp_b2'),
  );
  const asks = (continues: string, output: string): LiveCall => {
    const call = continuing(continues, result(output));
    return { call, keys: keys.keysOf(call), isRetry: false };
  };
  // The other thread is not done yet: its request is no other thread's, though it looks the same.
  expect(isPastTheEnd(asks('resp_2', '20'), end, { unused: [3], isLive: false })).toBe(true);
  expect(isPastTheEnd(asks('resp_1', '11'), end, { unused: [2, 3], isLive: false })).toBe(false);
  expect(isPastTheEnd(asks('resp_elsewhere', '20'), end, { unused: [3], isLive: false })).toBe(false);
});
