import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { asList, asRecord, asText, defined, isRecord, parseJson } from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';

/** What shapes an answer, in the words that all providers' packages share. */
export interface ModelParameters {
  readonly options: Pick<
    LanguageModelV4CallOptions,
    | 'maxOutputTokens'
    | 'temperature'
    | 'topP'
    | 'topK'
    | 'presencePenalty'
    | 'frequencyPenalty'
    | 'seed'
    | 'stopSequences'
    | 'toolChoice'
    | 'responseFormat'
    | 'reasoning'
  >;
  /** What could not be carried over, in words. */
  readonly notes: readonly string[];
}

/** Say nothing about the answer: who asks, how it is billed, cached or kept, how it is streamed. */
const withoutEffect = new Set([
  'stream',
  'stream_options',
  'metadata',
  'client_metadata',
  'user',
  'store',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'include',
  'cache_control',
  'cachedContent',
  'service_tier',
  'betas',
  'context_management',
  'anthropic_version',
  'truncation',
  'labels',
  'candidateCount',
  'choice.count',
  'encoding_formats',
  'background',
]);

const efforts = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const);
type Effort = typeof efforts extends ReadonlySet<infer Name> ? Name : never;

/** Reads the parameters of all four wire formats, and those that a trace has (gen_ai.request.*), by their names. */
export function modelParameters(params: ReadonlyMap<string, unknown>): ModelParameters {
  const flat = new Map<string, unknown>();
  for (const [name, value] of params) {
    if ((name === 'generationConfig' || name === 'generation_config') && isRecord(value))
      for (const [inner, item] of Object.entries(value)) flat.set(inner, item);
    else flat.set(name, value);
  }
  const known = new Set<string>();
  const take = (...names: readonly string[]): unknown => {
    for (const name of names) known.add(name);
    const name = names.find((candidate) => flat.get(candidate) !== undefined && flat.get(candidate) !== null);
    return name === undefined ? undefined : flat.get(name);
  };
  const number = (...names: readonly string[]): number | undefined => {
    const value = take(...names);
    const read = typeof value === 'string' ? Number(value) : value;
    return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
  };
  const stops = take('stop', 'stop_sequences', 'stopSequences');
  const stopSequences = typeof stops === 'string' ? [stops] : asList(stops).flatMap((stop) => asText(stop) ?? []);
  const options: ModelParameters['options'] = {
    ...defined({
      maxOutputTokens: number(
        'max_tokens',
        'max_completion_tokens',
        'max_output_tokens',
        'maxOutputTokens',
        'maxTokens',
      ),
      temperature: number('temperature'),
      topP: number('top_p', 'topP'),
      topK: number('top_k', 'topK'),
      presencePenalty: number('presence_penalty', 'presencePenalty'),
      frequencyPenalty: number('frequency_penalty', 'frequencyPenalty'),
      seed: number('seed'),
      toolChoice: toolChoice(take('tool_choice', 'toolChoice', 'toolConfig', 'tool_config')),
      responseFormat: responseFormat(
        take('response_format'),
        asRecord(take('text')),
        take('responseMimeType'),
        take('responseSchema', 'responseJsonSchema'),
      ),
      reasoning: effort(take('reasoning_effort'), asRecord(take('reasoning')), asRecord(take('output_config'))),
    }),
    ...(stopSequences.length > 0 ? { stopSequences } : {}),
  };
  const left = [...flat]
    .filter(
      ([name, value]) =>
        !known.has(name) &&
        !withoutEffect.has(name) &&
        value !== undefined &&
        value !== null &&
        !isDefault(name, value),
    )
    .map(([name]) => name);
  return {
    options,
    notes:
      left.length === 0
        ? []
        : [
            `These parameters have no counterpart at the other provider and were left out: ${left
              .slice(0, 20)
              .map((name) => name.slice(0, 60))
              .join(', ')}.`,
          ],
  };
}

function isDefault(name: string, value: unknown): boolean {
  return (
    (name === 'n' && value === 1) ||
    (name === 'parallel_tool_calls' && value === true) ||
    (name === 'thinking' && asRecord(value)['type'] === 'disabled') ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  );
}

function toolChoice(value: unknown): LanguageModelV4CallOptions['toolChoice'] {
  const record = asRecord(value);
  const calling = asRecord(record['functionCallingConfig']);
  const word = asText(value) ?? asText(record['type']) ?? asText(calling['mode'])?.toLowerCase();
  const name =
    asText(record['name']) ??
    asText(asRecord(record['function'])['name']) ??
    asText(asRecord(record['custom'])['name']) ??
    asText(asList(calling['allowedFunctionNames'])[0]);
  switch (word) {
    case 'auto':
      return { type: 'auto' };
    case 'none':
      return { type: 'none' };
    case 'any':
    case 'required':
      return name === undefined ? { type: 'required' } : { type: 'tool', toolName: name };
    case 'tool':
    case 'function':
    case 'custom':
      return name === undefined ? undefined : { type: 'tool', toolName: name };
    default:
      return undefined;
  }
}

function responseFormat(
  format: unknown,
  text: JsonRecord,
  mimeType: unknown,
  schema: unknown,
): LanguageModelV4CallOptions['responseFormat'] {
  const given = asRecord(isRecord(format) ? format : text['format']);
  const json = asRecord(given['json_schema'] ?? given);
  if (given['type'] === 'json_schema')
    return {
      type: 'json',
      ...defined({
        schema: schemaOf(json['schema']),
        name: asText(json['name']),
        description: asText(json['description']),
      }),
    };
  if (given['type'] === 'json_object') return { type: 'json' };
  return mimeType === 'application/json' ? { type: 'json', ...defined({ schema: schemaOf(schema) }) } : undefined;
}

function effort(word: unknown, reasoning: JsonRecord, output: JsonRecord): Effort | undefined {
  const given = asText(word) ?? asText(reasoning['effort']) ?? asText(output['effort']);
  return efforts.values().find((known) => known === given);
}

export type JsonSchema = NonNullable<Extract<LanguageModelV4CallOptions['responseFormat'], { type: 'json' }>['schema']>;

/** A schema is passed on as it is: the provider reads it, and refuses what it does not take. */
export function schemaOf(value: unknown): JsonSchema | undefined {
  const schema = typeof value === 'string' ? parseJson(value) : value;
  return isRecord(schema) ? schema : undefined;
}
