import { expect, test } from 'vitest';
import { normaliseFinishReason, readFinishReasons } from './finish-reasons.ts';
import { isModelApi, normaliseProvider, providerOfHost, providerOfModel } from './providers.ts';

test.each([
  ['openai.responses', 'openai'],
  ['OpenAI', 'openai'],
  ['anthropic.messages', 'anthropic'],
  ['google.generative-ai', 'gcp.gemini'],
  ['google.vertex.chat', 'gcp.vertex_ai'],
  ['az.ai.openai', 'azure.ai.openai'],
  ['azure', 'azure.ai.openai'],
  ['az.ai.inference', 'azure.ai.inference'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['xai', 'x_ai'],
  ['MistralAI', 'mistral_ai'],
  ['openrouter', 'openrouter'],
  ['langchain', undefined],
  ['strands-agents', undefined],
  ['gcp.vertex.agent', undefined],
  ['microsoft.agent_framework', undefined],
])('provider %s is %s', (raw, expected) => {
  expect(normaliseProvider(raw)).toBe(expected);
});

test('inferred from host or model', () => {
  expect(providerOfHost('api.anthropic.com')).toBe('anthropic');
  expect(providerOfHost('https://my.openai.azure.com/openai')).toBe('azure.ai.openai');
  expect(providerOfHost('notopenai.com.evil.test')).toBeUndefined();
  expect(providerOfHost('127.0.0.1')).toBeUndefined();
  expect(providerOfModel('us.anthropic.claude-sonnet-5-v1:0')).toBe('aws.bedrock');
  expect(providerOfModel('mistral/mistral-small-latest')).toBe('mistral_ai');
  expect(providerOfModel('models/gemini-3.5-flash')).toBe('gcp.gemini');
  expect(providerOfModel('my-own-model')).toBeUndefined();
});

test('paths of model APIs', () => {
  expect(isModelApi(undefined, '/v1/chat/completions')).toBe(true);
  expect(isModelApi(undefined, '/v1beta/models/gemini-3:streamGenerateContent?alt=sse')).toBe(true);
  expect(isModelApi('example.test', '/messages/list')).toBe(false);
});

test('finish reasons', () => {
  expect(
    ['tool_calls', 'tool-calls', 'end_turn', 'STOP', 'FinishReason.STOP', 'MAX_TOKENS', 'SAFETY', 'pause_turn'].map(
      normaliseFinishReason,
    ),
  ).toEqual(['tool_call', 'tool_call', 'stop', 'stop', 'stop', 'length', 'content_filter', 'pause_turn']);
  expect(readFinishReasons('["stop"]')).toEqual(['stop']);
  expect(readFinishReasons('tool_use')).toEqual(['tool_call']);
  expect(readFinishReasons(['stop', 'length'])).toEqual(['stop', 'length']);
  expect(readFinishReasons(3)).toEqual([]);
});
