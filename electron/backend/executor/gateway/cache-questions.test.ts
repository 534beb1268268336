import { expect, test } from 'vitest';
import { isRecord, parseJson } from '../../base/json-values.ts';
import { createCacheQuestions } from './cache-questions.ts';
import type { CacheQuestions } from './cache-questions.ts';
import type { Exchange } from './exchange.ts';
import type { WireFormat } from './wire.ts';
import { anthropicMessages } from './wires/anthropic-messages/anthropic-messages.ts';
import { openAiChat } from './wires/openai-chat/openai-chat.ts';
import { openAiResponses } from './wires/openai-responses/openai-responses.ts';

const hosts = new Map<WireFormat, string>([
  [anthropicMessages, 'api.anthropic.com'],
  [openAiResponses, 'api.openai.com'],
]);

function callOf(format: WireFormat, body: object) {
  return format.readRequest(body, { family: format.family, model: undefined, stream: undefined });
}

function asked(
  questions: CacheQuestions,
  format: WireFormat,
  body: object,
  hostname = hosts.get(format) ?? '',
): unknown {
  const text = questions.ask({ format, call: callOf(format, body), text: JSON.stringify(body), hostname });
  return parseJson(text);
}

/** Only what is looked at of an exchange. */
function answered(questions: CacheQuestions, format: WireFormat, body: object, id: string, more: object = {}): void {
  const call = callOf(format, body);
  const answer = { id, model: undefined, parts: [], finish: undefined, usage: undefined, error: undefined };
  questions.answered({ format, call, answer, served: 'live', status: 200, ...more } as unknown as Exchange);
}

const messages = (...texts: readonly string[]) => ({
  model: 'claude-opus-5',
  messages: texts.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content })),
});

test('a conversation is compared with the answer that it goes on from, however many take turns', () => {
  const questions = createCacheQuestions();
  const ask = (body: object) => asked(questions, anthropicMessages, body);
  expect(ask(messages('a'))).toMatchObject({ diagnostics: { previous_message_id: null } });
  answered(questions, anthropicMessages, messages('a'), 'msg_a1');
  answered(questions, anthropicMessages, messages('b'), 'msg_b1');
  expect(ask(messages('a', 'x', 'y'))).toMatchObject({ diagnostics: { previous_message_id: 'msg_a1' } });
  answered(questions, anthropicMessages, messages('a', 'x', 'y'), 'msg_a2');
  expect(ask(messages('a', 'x', 'y', 'x', 'z'))).toMatchObject({ diagnostics: { previous_message_id: 'msg_a2' } });
  // Changed behind its first message: of the two that begin like it, the later one.
  expect(ask(messages('a', 'w', 'y'))).toMatchObject({ diagnostics: { previous_message_id: 'msg_a2' } });
  expect(ask(messages('c'))).toMatchObject({ diagnostics: { previous_message_id: null } });
});

test('recorded answers, failed ones and those of other formats are no answers to compare with', () => {
  const questions = createCacheQuestions();
  answered(questions, anthropicMessages, messages('a'), 'msg_1', { served: 'recording' });
  answered(questions, anthropicMessages, messages('a'), 'msg_2', { status: 529 });
  answered(questions, openAiResponses, { input: 'a' }, 'resp_1');
  expect(asked(questions, anthropicMessages, messages('a'))).toMatchObject({
    diagnostics: { previous_message_id: null },
  });
});

test('the request stays as it is where the provider cannot be asked, or the agent asks itself', () => {
  const questions = createCacheQuestions();
  const own = { ...messages('a'), diagnostics: { previous_message_id: 'msg_own' } };
  expect(asked(questions, anthropicMessages, own)).toEqual(own);
  expect(asked(questions, anthropicMessages, messages('a'), 'bedrock.eu-west-1.amazonaws.com')).toEqual(messages('a'));
  const chat = { model: 'gpt-5.6', messages: [{ role: 'user', content: 'a' }] };
  expect(asked(questions, openAiChat, chat, 'api.openai.com')).toEqual(chat);
});

test('OpenAI is asked from GPT-5.6 on, beside what else the request says of its cache', () => {
  const questions = createCacheQuestions();
  const first = { model: 'gpt-5.6', input: [{ role: 'user', content: 'a' }] };
  expect(asked(questions, openAiResponses, first)).toEqual(first);
  answered(questions, openAiResponses, first, 'resp_1');
  expect(asked(questions, openAiResponses, first)).toEqual({
    ...first,
    prompt_cache_options: { comparison_response_id: 'resp_1' },
  });
  expect(asked(questions, openAiResponses, { ...first, prompt_cache_options: { ttl: '12h' } })).toMatchObject({
    prompt_cache_options: { ttl: '12h', comparison_response_id: 'resp_1' },
  });
  expect(asked(questions, openAiResponses, { ...first, previous_response_id: 'resp_0' })).toMatchObject({
    prompt_cache_options: { comparison_response_id: 'resp_0' },
  });
  for (const model of ['gpt-5.4', 'gpt-4.1', 'o3', 'gpt-5'])
    expect(asked(questions, openAiResponses, { ...first, model })).toEqual({ ...first, model });
  for (const model of ['gpt-6', 'gpt-5.10-mini'])
    expect(asked(questions, openAiResponses, { ...first, model })).toHaveProperty('prompt_cache_options');
});

test('the question is no parameter: a request with it is the same call', () => {
  for (const [format, body] of [
    [anthropicMessages, messages('a')],
    [openAiResponses, { model: 'gpt-5.6', input: [{ role: 'user', content: 'a' }] }],
  ] as const) {
    const questions = createCacheQuestions();
    answered(questions, format, body, 'resp_1');
    const withIt = asked(questions, format, body);
    if (!isRecord(withIt)) throw new Error('The request is no object.');
    expect(withIt).not.toEqual(body);
    expect(callOf(format, withIt)).toEqual(callOf(format, body));
  }
  const kept = callOf(openAiResponses, {
    input: 'a',
    prompt_cache_options: { ttl: '12h', comparison_response_id: 'x' },
  });
  expect(kept.params.get('prompt_cache_options')).toEqual({ ttl: '12h' });
});

test('what the provider says is read from answers and streams', () => {
  const said = { cache_miss_reason: { type: 'system_changed', cache_missed_input_tokens: 5_120 } };
  const diagnosis = { reason: 'system_changed', missedTokens: 5_120 };
  expect(anthropicMessages.readAnswer({ id: 'msg_1', diagnostics: said }).cacheDiagnosis).toEqual(diagnosis);
  const events = (start: unknown) => [
    {
      event: 'message_start',
      data: JSON.stringify({ type: 'message_start', message: { id: 'msg_1', diagnostics: start } }),
    },
  ];
  expect(anthropicMessages.readStream(events(said)).cacheDiagnosis).toEqual(diagnosis);
  expect(anthropicMessages.readStream(events({ cache_miss_reason: null })).cacheDiagnosis).toEqual({
    reason: 'pending',
  });
  expect(anthropicMessages.readStream(events(null)).cacheDiagnosis).toBeUndefined();
  const read = (value: unknown) =>
    openAiResponses.readAnswer({ id: 'resp_1', prompt_cache_diagnostics: value }).cacheDiagnosis;
  expect(read({ type: 'cache_miss', reason: 'tools_changed', cache_missed_tokens: 900 })).toEqual({
    reason: 'tools_changed',
    missedTokens: 900,
  });
  expect(read({ type: 'cache_hit' })).toEqual({ reason: 'cache_hit' });
  expect(read(undefined)).toBeUndefined();
});
