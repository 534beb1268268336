import { expect, test } from 'vitest';
import { causeWords } from '../../../../shared/model/cause.ts';
import { differencesOf } from './call-difference.ts';
import { createKeyMaker } from './call-keys.ts';
import { recordedCall } from './matched-calls.ts';
import type { LiveCall, RecordedCall } from './matched-calls.ts';
import { traceFormat } from './wire-formats.ts';

const keys = createKeyMaker();

function read(body: Readonly<Record<string, unknown>>): LiveCall & RecordedCall {
  const call = traceFormat.readRequest(body, { family: traceFormat.family, model: undefined, stream: undefined });
  const answer = traceFormat.readAnswer({});
  return { ...recordedCall({ seq: 0, call, answer, status: 200 }, keys), isRetry: false };
}

const message = (role: string, content: string) => ({ role, content });
const asked = (id: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'lookup', arguments: '{}' } }],
});
const result = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content });
const body = (...messages: readonly unknown[]) => ({ model: 'm', messages });

test.each([
  ['model m became n', body(), { ...body(), model: 'n' }, { kind: 'model-changed', recorded: 'm', live: 'n' }],
  [
    'instructions changed',
    body(message('system', 'a')),
    body(message('system', 'b')),
    { kind: 'instructions-changed' },
  ],
  [
    'instructions: uuid',
    body(message('system', '0b7d5f2a-58f5-4c57-a6a5-0f3f0e9f7a11')),
    body(message('system', '9d9cbe0f-3d0b-4b4b-8d6e-0f3f0e9f7a12')),
    { kind: 'passed-over', hits: ['uuid'] },
  ],
  [
    'tool definitions changed',
    body(),
    { ...body(), tools: [{ type: 'function', function: { name: 'look' } }] },
    { kind: 'tools-changed' },
  ],
  ['parameters changed', body(), { ...body(), temperature: 1 }, { kind: 'parameters-changed' }],
  [
    'message 0 (user) changed',
    body(message('user', 'a')),
    body(message('user', 'b')),
    { kind: 'item-changed', item: { at: 0, role: 'user' } },
  ],
  [
    'message 1 (user) is new',
    body(message('user', 'a')),
    body(message('user', 'a'), message('user', 'b')),
    { kind: 'item-added', item: { at: 1, role: 'user' } },
  ],
  [
    'message 1 (user) is missing',
    body(message('user', 'a'), message('user', 'b')),
    body(message('user', 'a')),
    { kind: 'item-missing', item: { at: 1, role: 'user' } },
  ],
  [
    'result of lookup changed',
    body(message('user', 'a'), asked('c1'), result('c1', 'found')),
    body(message('user', 'a'), asked('c1'), result('c1', 'lost')),
    { kind: 'item-changed', item: { at: 2, role: 'tool', tool: 'lookup' } },
  ],
] as const)('%s', (words, recorded, live, cause) => {
  const [found] = differencesOf(read(live), read(recorded), 'exact');
  expect(found).toEqual(cause);
  expect(found && causeWords(found)).toBe(words);
});

test('what explains a mismatch comes first, whatever a model is called: words are not looked into', () => {
  const recorded = read({ ...body(message('system', 'a')), model: 'mine: 2', temperature: 0 });
  const live = read({ ...body(message('system', 'b')), model: 'mine: 3', temperature: 1 });
  expect(differencesOf(live, recorded, 'exact').map(({ kind }) => kind)).toEqual([
    'model-changed',
    'instructions-changed',
    'parameters-changed',
  ]);
});

test('at most ten are told, and that there are more', () => {
  const many = (word: string) => body(...Array.from({ length: 20 }, (_, at) => message('user', `${word} ${at}`)));
  const found = differencesOf(read(many('a')), read(many('b')), 'scrubbed');
  expect(found).toHaveLength(11);
  expect(found.at(-1)).toEqual({ kind: 'more' });
});
