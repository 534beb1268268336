import { expect, test } from 'vitest';
import type { WireItem, WirePart } from '../gateway/wire.ts';
import { recordedToolCalls } from './recorded-tool-calls.ts';
import type { CallWithTools } from './recorded-tool-calls.ts';
import { readTool, storeTool } from './tool-exchange.ts';

const user: WireItem = { role: 'user', parts: [{ type: 'text', text: 'go' }] };
const asked = (...parts: readonly WirePart[]): WireItem => ({ role: 'assistant', parts });
const call = (name: string, id?: string, q = 1): WirePart => ({
  type: 'tool_call',
  name,
  arguments: `{"q":${q}}`,
  ...(id === undefined ? {} : { id }),
});
const result = (text: string, id?: string, isError?: boolean): WirePart => ({
  type: 'tool_result',
  result: text,
  ...(id === undefined ? {} : { id }),
  ...(isError === undefined ? {} : { isError }),
});
const given = (...parts: readonly WirePart[]): WireItem => ({ role: 'tool', parts });
const made = (seq: number, items: readonly WireItem[], ...parts: readonly WirePart[]): CallWithTools => ({
  seq,
  step: seq * 2,
  items,
  parts,
});

test('calls of the answers with the results that later requests hold, and on which side of the fork they are', () => {
  const first = [call('read', 'a'), call('write', 'b')];
  const history = [user, asked(...first), given(result('text', 'a'), result('no', 'b', true))];
  const calls = recordedToolCalls(
    [
      made(0, [user], ...first),
      made(1, history, call('read', 'c', 2)),
      made(2, [...history, asked(call('read', 'c', 2)), given(result('later', 'c'))], { type: 'text', text: 'done' }),
    ],
    1,
    [],
  );
  expect(
    calls.map(({ id, name, content, isError, step, beforeFork }) => [id, name, content, isError, step, beforeFork]),
  ).toEqual([
    ['a', 'read', 'text', false, 0, true],
    ['b', 'write', 'no', true, 0, true],
    ['c', 'read', 'later', false, 2, false],
  ]);
});

test('without ids by their place after the answer; the last call has no result and is left out', () => {
  const first = [call('read'), call('read', undefined, 2)];
  const history = [user, asked(...first), given(result('one'), result('two'))];
  const calls = recordedToolCalls(
    [made(0, [user], ...first), made(1, history, call('read', undefined, 3))],
    undefined,
    [],
  );
  expect(calls.map(({ arguments: text, content, beforeFork }) => [text, content, beforeFork])).toEqual([
    ['{"q":1}', 'one', true],
    ['{"q":2}', 'two', true],
  ]);
});

test('an id that a model gives twice belongs to two calls', () => {
  const one = asked(call('read', 'call_0'));
  const two = asked(call('read', 'call_0', 2));
  const calls = recordedToolCalls(
    [
      made(0, [user], ...one.parts),
      made(1, [user, one, given(result('first', 'call_0'))], ...two.parts),
      made(2, [user, one, given(result('first', 'call_0')), two, given(result('second', 'call_0'))]),
    ],
    undefined,
    [],
  );
  expect(calls.map(({ arguments: text, content }) => [text, content])).toEqual([
    ['{"q":1}', 'first'],
    ['{"q":2}', 'second'],
  ]);
});

test('what a hand reported stands in the place of what the model read; tools that a program called by itself are kept too', () => {
  const told = [
    { name: 'read', arguments: '{ "q": 1 }', native: { hand: 'wrapper' as const, json: '{"value":[1]}' } },
    { name: 'internal', arguments: '{}', native: undefined },
  ].map(({ native, ...rest }, at) =>
    readTool(
      storeTool(
        { call: rest, result: { content: `told ${at}`, isError: false, native }, after: 3 },
        { seq: 1_000_000_000 + at, atUs: 5, served: 'live', clean: (bytes) => bytes },
      ),
    ),
  );
  const calls = recordedToolCalls(
    [made(0, [user], call('read', 'a')), made(1, [user, asked(call('read', 'a')), given(result('[1]', 'a'))])],
    1,
    told.filter((tool) => tool !== undefined),
  );
  expect(calls).toEqual([
    {
      id: 'a',
      name: 'read',
      arguments: '{"q":1}',
      step: 0,
      beforeFork: true,
      content: 'told 0',
      isError: false,
      native: { hand: 'wrapper', json: '{"value":[1]}' },
    },
    {
      id: undefined,
      name: 'internal',
      arguments: '{}',
      step: undefined,
      beforeFork: false,
      content: 'told 1',
      isError: false,
    },
  ]);
});
