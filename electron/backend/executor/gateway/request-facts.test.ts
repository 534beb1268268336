import { expect, test } from 'vitest';
import { createAskedTools, requestFacts } from './request-facts.ts';
import type { WireCall, WireItem, WirePart } from './wire.ts';

const call = (items: readonly WireItem[], more: Partial<WireCall> = {}): WireCall => ({
  family: 'x',
  model: 'm',
  stream: false,
  system: [{ type: 'text', text: 'Be kind.' }],
  items,
  tools: [{ name: 'lookup', description: 'Finds a price.', parameters: '{"type":"object"}' }],
  params: new Map(),
  continues: undefined,
  ...more,
});
const user = (text: string): WireItem => ({ role: 'user', parts: [{ type: 'text', text }] });
const calls = (...names: readonly string[]): WireItem => ({
  role: 'assistant',
  parts: names.map((name) => ({ type: 'tool_call', id: `id-${name}`, name, arguments: `{"of":"${name}"}` })),
});
const result = (name: string, withName = false): WireItem => ({
  role: 'tool',
  parts: [{ type: 'tool_result', id: `id-${name}`, result: `${name} 42`, ...(withName ? { name } : {}) }],
});
const called = (items: readonly WireItem[], asked?: readonly WirePart[][]): readonly string[] => {
  const tools = createAskedTools();
  for (const parts of asked ?? []) tools.answered(parts);
  return requestFacts(call(items), '{}', tools).called.map(({ name }) => name);
};

test('what the model has just called: the calls of the last answer, whatever stands after it', () => {
  expect(called([user('hi')])).toEqual([]);
  expect(called([user('hi'), calls('a', 'b'), result('a'), result('b')])).toEqual(['a', 'b']);
  expect(called([user('hi'), calls('a'), result('a'), user('Remember the time.')])).toEqual(['a']);
  expect(called([user('hi'), calls('a'), result('a'), calls('b'), result('b')])).toEqual(['b']);
  expect(
    called([
      user('hi'),
      calls('a'),
      result('a'),
      { role: 'assistant', parts: [{ type: 'text', text: '42' }] },
      user('Thanks'),
    ]),
  ).toEqual([]);
  // One answer in several items, as the responses format has it.
  expect(called([user('hi'), calls('a'), calls('b'), result('a'), result('b')])).toEqual(['a', 'b']);
});

test('one answer whose calls and results stand in turns is known whole where this run gave it', () => {
  const turns = [user('hi'), calls('a'), result('a'), calls('b'), result('b')];
  expect(called(turns, [calls('a', 'b').parts.slice()])).toEqual(['b', 'a']);
});

test('where the provider keeps the history, the results say what was called', () => {
  expect(called([result('a')], [calls('a', 'b').parts.slice()])).toEqual(['a', 'b']);
  expect(called([result('a')])).toEqual([]);
  expect(called([result('a', true)])).toEqual(['a']);
});

test('texts are those of instructions, messages, arguments, results and definitions; a role is none', () => {
  const { texts, offered, characters } = requestFacts(call([user('hi'), calls('a'), result('a')]), '{"x":1}');
  expect(texts).toEqual(
    expect.arrayContaining(['Be kind.', 'hi', '{"of":"a"}', 'a 42', 'lookup', 'Finds a price.', '{"type":"object"}']),
  );
  expect(texts).not.toContain('user');
  expect([offered, characters]).toEqual([['lookup'], 7]);
});
