import { expect, test } from 'vitest';
import { createServerHistory, wholeRequest } from './server-history.ts';
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
  history.answered(openAiResponses, first.body, answer('resp_1', 'ONE'));
  const second = asked('two', 'resp_1');
  history.answered(openAiResponses, second.body, answer('resp_2', 'TWO'));
  const third = asked('three', 'resp_2');
  const written = history.writtenOut(openAiResponses, third.body) ?? '';
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
  history.answered(openAiResponses, second.body, answer('resp_2', 'TWO'));
  const third = asked('three', 'resp_2');
  expect(history.writtenOut(openAiResponses, third.body)).toBeUndefined();
});

test('a recorded request is as its model saw it, with what it only names', async () => {
  const kept = (seq: number, body: string, id: string) => ({
    seq,
    format: openAiResponses,
    answer: answer(id, `said ${seq}`),
    request: () => Promise.resolve({ path: '/v1/responses', body }),
  });
  const calls = [
    kept(0, asked('one').body, 'resp_1'),
    kept(1, asked('another thread').body, 'resp_b'),
    kept(2, asked('two', 'resp_1').body, 'resp_2'),
    // A take has written its history out.
    kept(3, asked('whole').body, 'resp_3'),
    kept(4, asked('five', 'resp_3').body, 'resp_5'),
    kept(5, asked('six', 'resp_gone').body, 'resp_6'),
    // A hostile recording.
    kept(6, asked('seven', 'resp_7').body, 'resp_7'),
  ];
  const texts = async (at: number): Promise<readonly string[]> => {
    const { body } = await wholeRequest(calls[at]!, calls);
    return openAiResponses
      .readRequest(JSON.parse(body), route)
      .items.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? part.text : [])));
  };
  expect(await texts(2)).toEqual(['one', 'said 0', 'two']);
  expect(await texts(4)).toEqual(['whole', 'said 3', 'five']);
  expect(await texts(5)).toEqual(['six']);
  expect(await texts(6)).toEqual(['seven']);
});
