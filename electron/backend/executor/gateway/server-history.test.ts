import { expect, test } from 'vitest';
import { createServerHistory } from './server-history.ts';
import { openAiResponses } from './wires/openai-responses/openai-responses.ts';

const route = { family: 'openai.responses', model: undefined, stream: undefined } as const;
const asked = (text: string, previous?: string) => {
  const body = JSON.stringify({ model: 'm', input: text, previous_response_id: previous });
  return { body, call: openAiResponses.readRequest(JSON.parse(body), route) };
};
const answer = (id: string, text: string) =>
  openAiResponses.readAnswer({
    id,
    status: 'completed',
    output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }],
  });

test('what a provider keeps is written out in order, without the name of it', () => {
  const history = createServerHistory();
  const first = asked('one');
  history.answered(openAiResponses, first.call, first.body, answer('resp_1', 'ONE'));
  const second = asked('two', 'resp_1');
  history.answered(openAiResponses, second.call, second.body, answer('resp_2', 'TWO'));
  const third = asked('three', 'resp_2');
  const written = history.writtenOut(openAiResponses, third.call, third.body) ?? '';
  expect(written).not.toContain('previous_response_id');
  const { items } = openAiResponses.readRequest(JSON.parse(written), route);
  expect(items.map(({ role, parts }) => [role, parts.map((part) => (part.type === 'text' ? part.text : ''))])).toEqual([
    ['user', ['one']],
    ['assistant', ['ONE']],
    ['user', ['two']],
    ['assistant', ['TWO']],
    ['user', ['three']],
  ]);
});

test('half a history is not taken for a whole one', () => {
  const history = createServerHistory();
  const second = asked('two', 'resp_elsewhere');
  history.answered(openAiResponses, second.call, second.body, answer('resp_2', 'TWO'));
  const third = asked('three', 'resp_2');
  expect(history.writtenOut(openAiResponses, third.call, third.body)).toBeUndefined();
});
