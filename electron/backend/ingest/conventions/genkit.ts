import type { Message, Part } from '../../../../shared/model/message.ts';
import type { AttributeReader } from '../../telemetry/span-view.ts';
import { asOneMessage, parametersOf, readData, textReading } from './attribute-content.ts';
import type { DataReading } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart, MessagesReading } from './convention.ts';
import { normaliseFinishReason } from './finish-reasons.ts';
import { readMessages } from './message-shapes.ts';
import { readParts, resultText } from './part-shapes.ts';
import { anyField, asArray, field, known, numberField, textField, textOrJson } from './structure.ts';
import { readToolDefinitions } from './tool-definitions.ts';
import { emptyReading, tokenCount } from './usage-basis.ts';
import type { UsageReading } from './usage-basis.ts';
import { findServiceTier, findUsage } from './usage-shapes.ts';

/** Genkit: each action is a span that says what it is, with its input and output as JSON. Source: `firebase/genkit`, tracing; FACTS.md, Other emitters. */
const kinds: ReadonlyMap<string, Classification> = new Map<string, Classification>([
  ['model', { kind: 'llm' }],
  ['background-model', { kind: 'llm' }],
  ['tool', { kind: 'tool' }],
  ['tool.v2', { kind: 'tool' }],
  ['embedder', { kind: 'embedding' }],
  ['retriever', { kind: 'retrieval' }],
  ['reranker', { kind: 'rerank' }],
  ['evaluator', { kind: 'evaluator' }],
  ['flow', { kind: 'chain', subKind: 'flow' }],
  ['prompt', { kind: 'other', subKind: 'prompt' }],
  ['indexer', { kind: 'other', subKind: 'indexer' }],
]);

export const genkit: Convention = {
  ...silent,
  id: 'genkit',
  version: 2,
  inputKeys: ['genkit:input'],

  applies: (view) => view.attributes.has('genkit:type') || view.scopeName === 'genkit-tracer',

  classify({ attributes }) {
    const found = kinds.get(attributes.text('genkit:metadata:subtype') ?? '');
    // `generate` and the steps of it wrap the model and its tools.
    return (
      found ??
      (attributes.text('genkit:type') === undefined
        ? undefined
        : { kind: 'chain', hidden: attributes.text('genkit:type') === 'util' })
    );
  },

  facts({ attributes }, kind): FactsPart {
    const name = attributes.text('genkit:name');
    const output = readData(attributes, 'genkit:output')?.data;
    const reason = textField(output, 'finishReason');
    return {
      ...(kind === 'llm' || kind === 'embedding'
        ? { requestModel: name?.slice(name.lastIndexOf('/') + 1), provider: providerOf(name) }
        : { name }),
      ...(kind === 'llm' ? callFacts(output) : {}),
      finishReasons: reason === undefined ? [] : [normaliseFinishReason(reason)],
      ...(attributes.text('genkit:state') === 'error' ? { error: { type: 'error' } } : {}),
    };
  },

  input: ({ attributes }, kind) =>
    kind === 'tool'
      ? undefined
      : (conversation(readData(attributes, 'genkit:input')) ??
        asOneMessage(readData(attributes, 'genkit:input'), 'user')),
  output({ attributes }, kind) {
    const said = readData(attributes, 'genkit:output');
    if (said === undefined || kind === 'tool') return undefined;
    const message = field(said.data, 'message') ?? field(asArray(field(said.data, 'candidates'))?.[0], 'message');
    if (message === undefined) return asOneMessage(said, 'assistant');
    const given = messageOf(message);
    return { messages: [withRawText(given, field(said.data, 'raw'))], state: said.state };
  },
  tools: ({ attributes }) => readToolDefinitions(field(inputOf(attributes), 'tools') ?? []),
  parameters: ({ attributes }) => parametersOf(field(inputOf(attributes), 'config'), new Set(['apiKey'])),
  toolArguments: ({ attributes }) => textReading(attributes.get('genkit:input')),
  toolResult: ({ attributes }) => textReading(attributes.get('genkit:output')),
};

const inputOf = (attributes: AttributeReader): unknown => readData(attributes, 'genkit:input')?.data;

/** `googleai/gemini-2.5-flash`: the plugin stands before the model. */
function providerOf(name: string | undefined): string | undefined {
  const plugin = name === undefined || !name.includes('/') ? undefined : name.slice(0, name.indexOf('/'));
  return plugin === 'googleai' ? 'gemini' : plugin;
}

function conversation(reading: DataReading | undefined): MessagesReading | undefined {
  const listed = asArray(field(reading?.data, 'messages'));
  return reading === undefined || listed === undefined
    ? undefined
    : { messages: listed.map(messageOf), state: reading.state };
}

function messageOf(message: unknown): Message {
  const role = textField(message, 'role') ?? 'user';
  const content = asArray(field(message, 'content')) ?? [];
  return { role: role === 'model' ? 'assistant' : role, parts: content.flatMap(partOf) };
}

function partOf(part: unknown): readonly Part[] {
  const call = field(part, 'toolRequest');
  if (call !== undefined)
    return [
      {
        type: 'tool_call',
        name: textField(call, 'name') ?? 'unknown',
        ...known({ id: textField(call, 'ref'), arguments: textOrJson(field(call, 'input')) }),
      },
    ];
  const result = field(part, 'toolResponse');
  if (result !== undefined)
    return [
      {
        type: 'tool_result',
        result: resultText(field(result, 'output')),
        ...known({ id: textField(result, 'ref'), name: textField(result, 'name') }),
      },
    ];
  const media = field(part, 'media');
  if (media !== undefined)
    return readParts([
      new Map<string, unknown>([
        ['type', 'media'],
        ['url', field(media, 'url')],
        ['mimeType', field(media, 'contentType')],
      ]),
    ]);
  const reasoning = textField(part, 'reasoning');
  return reasoning === undefined ? readParts([part]) : [{ type: 'reasoning', text: reasoning }];
}

/** What the model's API answered, beside what the plugin made of it: counts by name, the model, and the id are only there. */
function callFacts(output: unknown): FactsPart {
  const raw = field(output, 'raw');
  const usage = findUsage(raw);
  return {
    responseModel: textField(raw, 'model', 'modelVersion'),
    responseId: textField(raw, 'id', 'responseId'),
    serviceTier: findServiceTier(raw),
    usage: [usageOf(field(output, 'usage')), ...(usage === undefined ? [] : [usage])],
  };
}

/** The plugin for OpenAI's API drops what the model says beside the tools that it asks for (compat-oai 1.42). */
function withRawText(message: Message, raw: unknown): Message {
  if (raw === undefined || message.parts.some(({ type }) => type === 'text')) return message;
  const said = (readMessages(raw, { role: 'assistant' }) ?? []).flatMap(({ parts }) =>
    parts.filter(({ type }) => type === 'text'),
  );
  return said.length === 0 ? message : { ...message, parts: [...said, ...message.parts] };
}

/** Google's plugins count thoughts beside the output: the total tells. */
function usageOf(usage: unknown): UsageReading {
  const count = (...keys: readonly string[]): number | undefined => tokenCount(numberField(usage, ...keys));
  return {
    ...emptyReading,
    input: count('inputTokens'),
    output: count('outputTokens'),
    total: count('totalTokens'),
    cacheRead:
      count('cachedContentTokens') ?? tokenCount(numberField(anyField(usage, 'custom'), 'cachedContentTokens')),
    reasoning: count('thoughtsTokens'),
  };
}
