import { expect, test } from 'vitest';
import { addressVariables } from './address-hints.ts';

test('the variable is the one of the client that is seen, else those of the provider', () => {
  expect(addressVariables({ provider: 'gcp.gemini', scope: 'litellm' })).toEqual(['GEMINI_API_BASE']);
  expect(addressVariables({ provider: 'groq', scope: 'opentelemetry.instrumentation.groq' })).toEqual([
    'GROQ_BASE_URL',
  ]);
  expect(addressVariables({ provider: 'openai', scope: 'opentelemetry.instrumentation.openai' })).toEqual([
    'OPENAI_BASE_URL',
    'OPENAI_API_BASE',
  ]);
  expect(addressVariables({ provider: 'azure.ai.openai', scope: 'ai' })).toContain('AZURE_OPENAI_ENDPOINT');
  expect(addressVariables({ provider: undefined, scope: '@traceloop/instrumentation-anthropic' })).toContain(
    'ANTHROPIC_BASE_URL',
  );
});

test('for a provider that the gateway does not stand for there is none', () => {
  expect(addressVariables({ provider: 'aws.bedrock', scope: 'botocore' })).toEqual([]);
  expect(addressVariables({ provider: 'ollama', scope: 'opentelemetry.instrumentation.ollama' })).toEqual([]);
});
