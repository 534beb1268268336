import { anyField, asArray, field, fieldAt, isStructure, numberField } from './structure.ts';
import { emptyReading, isEmptyReading, tokenCount } from './usage-basis.ts';
import type { UsageReading } from './usage-basis.ts';

/**
 * Usage objects as model APIs return them, found inside response JSON on spans (`output.value`, provider metadata …).
 * Each API's own rule is known: OpenAI and LangChain count inclusively, Anthropic and Bedrock leave cached tokens out,
 * Gemini leaves thoughts out of the output.
 */
export function readUsageObject(usage: unknown): UsageReading | undefined {
  if (!isStructure(usage)) return undefined;
  const reading =
    readGemini(usage) ?? readLangChain(usage) ?? readAnthropic(usage) ?? readBedrock(usage) ?? readOpenAi(usage);
  return isEmptyReading(reading) ? undefined : reading;
}

const count = (value: unknown, ...keys: readonly string[]): number | undefined =>
  tokenCount(numberField(value, ...keys));

function readGemini(usage: unknown): UsageReading | undefined {
  if (
    anyField(usage, 'promptTokenCount', 'prompt_token_count', 'candidatesTokenCount', 'candidates_token_count') ===
    undefined
  )
    return undefined;
  return {
    ...emptyReading,
    input: count(usage, 'promptTokenCount', 'prompt_token_count'),
    output: count(usage, 'candidatesTokenCount', 'candidates_token_count'),
    total: count(usage, 'totalTokenCount', 'total_token_count'),
    cacheRead: count(usage, 'cachedContentTokenCount', 'cached_content_token_count'),
    reasoning: count(usage, 'thoughtsTokenCount', 'thoughts_token_count'),
    inputBasis: 'inclusive',
    outputBasis: 'exclusive',
  };
}

function readLangChain(usage: unknown): UsageReading | undefined {
  const input = field(usage, 'input_token_details');
  const output = field(usage, 'output_token_details');
  if (input === undefined && output === undefined) return undefined;
  return {
    ...emptyReading,
    input: count(usage, 'input_tokens'),
    output: count(usage, 'output_tokens'),
    total: count(usage, 'total_tokens'),
    cacheRead: count(input, 'cache_read'),
    cacheWrite: count(input, 'cache_creation'),
    cacheWrite5m: count(input, 'ephemeral_5m_input_tokens'),
    cacheWrite1h: count(input, 'ephemeral_1h_input_tokens'),
    audioInput: count(input, 'audio'),
    audioOutput: count(output, 'audio'),
    reasoning: count(output, 'reasoning'),
    inputBasis: 'inclusive',
    outputBasis: 'inclusive',
  };
}

function readAnthropic(usage: unknown): UsageReading | undefined {
  if (anyField(usage, 'cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation') === undefined)
    return undefined;
  const split = field(usage, 'cache_creation');
  return {
    ...emptyReading,
    input: count(usage, 'input_tokens'),
    output: count(usage, 'output_tokens'),
    cacheRead: count(usage, 'cache_read_input_tokens'),
    cacheWrite: count(usage, 'cache_creation_input_tokens'),
    cacheWrite5m: count(split, 'ephemeral_5m_input_tokens'),
    cacheWrite1h: count(split, 'ephemeral_1h_input_tokens'),
    inputBasis: 'exclusive',
    outputBasis: 'inclusive',
  };
}

function readBedrock(usage: unknown): UsageReading | undefined {
  if (anyField(usage, 'cacheReadInputTokens', 'cacheWriteInputTokens', 'cacheReadInputTokenCount') === undefined)
    return undefined;
  return {
    ...emptyReading,
    input: count(usage, 'inputTokens'),
    output: count(usage, 'outputTokens'),
    total: count(usage, 'totalTokens'),
    cacheRead: count(usage, 'cacheReadInputTokens', 'cacheReadInputTokenCount'),
    cacheWrite: count(usage, 'cacheWriteInputTokens', 'cacheWriteInputTokenCount'),
    inputBasis: 'exclusive',
    outputBasis: 'inclusive',
  };
}

function readOpenAi(usage: unknown): UsageReading {
  const input = anyField(
    usage,
    'prompt_tokens_details',
    'input_tokens_details',
    'promptTokensDetails',
    'inputTokensDetails',
  );
  const output = anyField(
    usage,
    'completion_tokens_details',
    'output_tokens_details',
    'completionTokensDetails',
    'outputTokensDetails',
  );
  return {
    ...emptyReading,
    input: count(usage, 'prompt_tokens', 'input_tokens', 'promptTokens', 'inputTokens'),
    output: count(usage, 'completion_tokens', 'output_tokens', 'completionTokens', 'outputTokens'),
    total: count(usage, 'total_tokens', 'totalTokens'),
    cacheRead: count(input, 'cached_tokens', 'cachedTokens') ?? count(usage, 'cachedInputTokens', 'cachedPromptTokens'),
    cacheWrite: count(input, 'cache_write_tokens', 'cache_creation_tokens'),
    reasoning: count(output, 'reasoning_tokens', 'reasoningTokens') ?? count(usage, 'reasoningTokens'),
    audioInput: count(input, 'audio_tokens'),
    audioOutput: count(output, 'audio_tokens'),
    inputBasis: 'inclusive',
    outputBasis: 'inclusive',
  };
}

/** Where responses keep their usage, in order of detail; LangChain keeps up to three copies. */
export function findUsage(response: unknown): UsageReading | undefined {
  const single = asArray(response)?.length === 1 ? asArray(response)?.[0] : response;
  const generation = firstOf(firstOf(field(single, 'generations')));
  const message = field(generation, 'message') ?? field(single, 'message') ?? single;
  const kwargs = field(message, 'kwargs') ?? message;
  const candidates = [
    field(kwargs, 'usage_metadata'),
    fieldAt(kwargs, 'response_metadata', 'usage'),
    field(single, 'usage'),
    anyField(single, 'usageMetadata', 'usage_metadata'),
    fieldAt(single, 'response', 'usage'),
    fieldAt(single, 'raw_response', 'usage'),
    fieldAt(kwargs, 'response_metadata', 'tokenUsage'),
    fieldAt(single, 'llmOutput', 'tokenUsage'),
    fieldAt(single, 'llm_output', 'token_usage'),
  ];
  for (const candidate of candidates) {
    const reading = readUsageObject(candidate);
    if (reading !== undefined) return reading;
  }
  return undefined;
}

function firstOf(value: unknown): unknown {
  return asArray(value)?.[0];
}
