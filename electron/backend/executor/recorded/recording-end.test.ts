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
  return {
    family: 'openai.chat',
    model: 'm',
    stream: false,
    system: [],
    items,
    tools: [],
    params: new Map(),
    continues: undefined,
  };
}

function loaded(seq: number, call: WireCall, said: string): Loaded {
  const answer = {
    id: undefined,
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

test('an agent that adds words of its own to the answers (smolagents) is past the end once all that was recorded was asked for', () => {
  const task = text('user', 'Add up the orders.');
  const calls = [loaded(0, callOf(task), 'I look at A1.')];
  const end: RecordingEnd = {
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
