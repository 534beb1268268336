import { expect, test } from 'vitest';
import type { StepListItem } from '../../../../shared/contract.ts';
import { createMatcher } from '../gateway/match.ts';
import { callOfStep, callsOfTrace } from './trace-calls.ts';

type Message = NonNullable<StepListItem['input']>[number];

const text = (role: string, words: string): Message => ({ role, parts: [{ type: 'text', text: words }] });
const asks = (id: string): Message => ({
  role: 'assistant',
  parts: [{ type: 'tool_call', id, name: 'lookup', arguments: '{}' }],
});
const gives = (id: string): Message => ({
  role: 'user',
  parts: [{ type: 'tool_result', id, result: `price of ${id}` }],
});

const step = (index: number, input: readonly Message[], output: Message, stitched?: number): StepListItem => ({
  runId: 'r',
  index,
  id: String(index),
  kind: 'llm',
  name: 'm',
  status: 'ok',
  startedAt: index * 1_000,
  durationMs: 500,
  model: 'm',
  input: [...input],
  output: [output],
  ...(stitched === undefined ? {} : { stitched }),
});

/** A client that sends only what is new with each call; the trace's contexts were put together from the calls before. */
const task = [text('system', 'You sell tea.'), text('user', 'What does it cost?')];
const second = [...task, asks('a'), gives('a')];
const third = [...second, asks('b'), gives('b')];
const steps = [
  step(0, task, asks('a')),
  step(1, second, asks('b'), 1),
  step(2, third, text('assistant', 'Three dollars.'), 2),
];

test('a client that sends only what is new finds the calls of its trace, and so does one that sends all', async () => {
  const { keys, calls } = await callsOfTrace({ stepsWithMessages: async (_, from) => (from === 0 ? steps : []) }, 'r');
  const matchedBy = (requests: readonly (readonly Message[])[]) => {
    const matcher = createMatcher(calls.map(({ recorded }) => recorded));
    return requests.map((messages, at) => {
      const asked = callOfStep(step(at, messages, text('assistant', '')));
      const live = {
        call: keys.normalise?.(asked) ?? asked,
        keys: keys.keysOf(asked),
        isRetry: false,
        atMs: at * 1_000,
      };
      const match = matcher.match(live);
      if (match.kind !== 'recorded') return match.kind;
      matcher.consume(live, match).delivered();
      return [match.recorded.seq, match.level];
    });
  };
  expect(matchedBy([task, [gives('a')], [gives('b')]])).toEqual([
    [0, 'exact'],
    [1, 'exact'],
    [2, 'exact'],
  ]);
  expect(matchedBy([task, second, third])).toEqual([
    [0, 'exact'],
    [1, 'exact'],
    [2, 'exact'],
  ]);
});
