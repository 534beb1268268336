import { expect, it } from 'vitest';
import type { Message } from '../../../shared/model/message.ts';
import { splitJoinedResults } from './joined-results.ts';
import type { ToolCallPart, ToolResultPart } from './joined-results.ts';

const asked: Message = {
  role: 'assistant',
  parts: [
    { type: 'tool_call', id: 'a', name: 'lookup' },
    { type: 'tool_call', id: 'b', name: 'lookup' },
  ],
};
const given = (id: string, result: string): Message => ({ role: 'tool', parts: [{ type: 'tool_result', id, result }] });
const steps =
  (results: Readonly<Record<string, string>>) =>
  ({ id = '', name }: ToolCallPart): ToolResultPart | undefined => {
    const result = results[id];
    return result === undefined ? undefined : { type: 'tool_result', id, name, result };
  };
const both = steps({ a: 'first', b: 'second' });

it('results that were written into one are each call’s own again', () => {
  expect(splitJoinedResults([asked, given('b', 'first second')], both)).toEqual([
    asked,
    {
      role: 'tool',
      parts: [
        { type: 'tool_result', id: 'a', name: 'lookup', result: 'first' },
        { type: 'tool_result', id: 'b', name: 'lookup', result: 'second' },
      ],
    },
  ]);
});

it.each([
  ['a text that is another one', [asked, given('b', 'first, second')], both],
  ['a tool without a step', [asked, given('b', 'first second')], steps({ b: 'second' })],
  ['results that are all there', [asked, given('a', 'first second'), given('b', 'second')], both],
  ['a result of another call', [asked, given('c', 'first second')], both],
  ['one call', [{ ...asked, parts: asked.parts.slice(0, 1) }, given('a', 'first')], both],
] as const)('%s stays as it was sent', (_, input, resultOf) => {
  expect(splitJoinedResults(input, resultOf)).toEqual(input);
});
