import type { SpanView } from '../../telemetry/span-view.ts';
import { asOneMessage, firstText, readData } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, MessagesReading } from './convention.ts';
import { isModelApi } from './providers.ts';

/** Spans without a convention of their own: told by what they carry (FACTS.md, Kinds of spans), else `other`. */
const toolMarks = ['gen_ai.tool.name', 'gen_ai.tool.call.id', 'tool.name', 'tool_name', 'tool_use_id'] as const;
const modelMarks = [
  'gen_ai.request.model',
  'gen_ai.response.model',
  'llm.model_name',
  'ai.model.id',
  'llm.request.model_name',
] as const;
const answerMarks = [
  'gen_ai.usage.input_tokens',
  'gen_ai.usage.output_tokens',
  'gen_ai.usage.prompt_tokens',
  'gen_ai.usage.completion_tokens',
  'llm.usage.total_tokens',
  'llm.token_count.prompt',
  'llm.token_count.total',
  'gen_ai.output.messages',
  'gen_ai.input.messages',
  'gen_ai.prompt',
  'gen_ai.completion',
  'gen_ai.prompt.0.content',
  'gen_ai.completion.0.content',
  'ai.usage.inputTokens',
  'ai.usage.promptTokens',
  'ai.prompt.messages',
] as const;

const maximumDocuments = 10_000;

export const generic: Convention = {
  ...silent,
  id: 'generic',
  carrierRank: 7,
  version: 1,
  inputKeys: ['input.value', 'traceloop.entity.input'],

  applies: () => true,

  classify(view) {
    const has = (key: string): boolean => view.attributes.has(key);
    if (toolMarks.some(has)) return { kind: 'tool' };
    if (modelMarks.some(has) && answerMarks.some(has)) return { kind: 'llm' };
    if (has('db.system.name') || has('db.system')) return database(view);
    if (has('http.request.method') || has('http.method') || has('url.full') || has('http.url')) return http(view);
    return undefined;
  },

  output(view, kind) {
    if (kind === 'tool') return undefined;
    return (
      asOneMessage(readData(view.attributes, 'output.value'), 'assistant') ??
      (kind === 'retrieval' ? retrieved(view) : undefined)
    );
  },
  input: (view, kind) => (kind === 'tool' ? undefined : asOneMessage(readData(view.attributes, 'input.value'), 'user')),
  toolArguments: (view) => firstText(view.attributes, ['tool_input', 'arguments', 'input.value']),
  toolResult: (view) => firstText(view.attributes, ['output', 'output.value']),
};

function database(view: SpanView): Classification {
  const isVector =
    view.attributes.keysWithPrefix('db.vector.').length > 0 ||
    view.attributes.has('db.query.retrieved_documents') ||
    view.events.some((event) => event.name === 'db.query.result' || event.name === 'db.search.result');
  return isVector ? { kind: 'retrieval', subKind: 'vector' } : { kind: 'db' };
}

/** What a vector database found: one attribute, or an event for each document (OpenLLMetry). */
function retrieved(view: SpanView): MessagesReading | undefined {
  const listed = asOneMessage(readData(view.attributes, 'db.query.retrieved_documents'), 'tool');
  if (listed !== undefined) return listed;
  const documents = view.events.slice(0, maximumDocuments).flatMap((event) => {
    if (event.name !== 'db.query.result' && event.name !== 'db.search.result') return [];
    const text = event.attributes.text('db.query.result.document') ?? event.attributes.text('db.search.result.entity');
    return text === undefined ? [] : [{ type: 'text' as const, text }];
  });
  return documents.length === 0 ? undefined : { messages: [{ role: 'tool', parts: documents }], state: 'full' };
}

/** The transport of a model call is folded away under it; any other request may be what the agent did. */
function http(view: SpanView): Classification {
  const { attributes } = view;
  const url = attributes.text('url.full') ?? attributes.text('http.url');
  const host = attributes.text('server.address') ?? attributes.text('http.host') ?? hostOf(url);
  const path = attributes.text('url.path') ?? attributes.text('http.target') ?? url;
  return { kind: 'http', hidden: view.kind === 3 && isModelApi(host, path) };
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : /^[a-z]+:\/\/(?:[^/@]*@)?([^/:?#]+)/i.exec(url)?.[1];
}
