import {
  anyField,
  asArray,
  asText,
  entriesOf,
  field,
  fieldAt,
  isStructure,
  jsonText,
  numberField,
  textField,
  textOrJson,
} from '../../conventions/structure.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { exportSource } from '../spans/export-source.ts';
import { anyTimeNs, attributesOf, given, restAttributes, unitNs } from '../spans/span-draft.ts';
import type { DraftAttributes, SpanDraft } from '../spans/span-draft.ts';
import { inclusiveUsage, stepAttributes } from '../spans/step-attributes.ts';

/**
 * Spans of Datadog LLM Observability: what its SDKs send (`/api/v2/llmobs`, `{_dd.stage, event_type: "span", spans}`), the body of its HTTP
 * API (`{data: {attributes: {ml_app, spans}}}`), and what its export API answers (`{data: [{type: "span", attributes}]}`). Source: dd-trace
 * `llmobs/_writer.py` (LLMObsSpanEvent), docs.datadoghq.com/llm_observability/instrumentation/api.
 */
export const datadog: StreamSource = exportSource({
  id: 'datadog',
  label: 'Datadog LLM Observability',
  holds: 'spans',
  version: 1,
  detect: ({ text }) =>
    text !== undefined &&
    /"(start_ns|ml_app|_dd\.stage|span\.kind|span_kind)"\s*:/.test(text) &&
    /"(ml_app|_dd\.stage|_ml_obs|start_ns)"\s*:/.test(text) &&
    /"span_id"\s*:/.test(text)
      ? 0.85
      : confidence.none,
  open: () => ({
    read({ value }, out) {
      const found = [...spansIn(value, 0)];
      if (!found.some(({ span }) => isSpan(span))) return false;
      for (const { span, around } of found) {
        if (isSpan(span)) out.span(spanOf(span, around));
        else out.skip('a value without the trace_id, span_id and name of a span');
      }
      return true;
    },
  }),
});

interface Found {
  readonly span: unknown;
  /** What is said of all spans of a request. */
  readonly around: unknown;
}

function* spansIn(value: unknown, depth: number, around?: unknown): Generator<Found> {
  const listed = asArray(value);
  if (listed !== undefined) {
    for (const item of listed) yield* spansIn(item, depth + 1, around);
    return;
  }
  if (depth > 4) return;
  const spans = asArray(field(value, 'spans'));
  if (spans !== undefined) {
    for (const span of spans) yield { span, around: value };
    return;
  }
  const inner = field(value, 'data') ?? (textField(value, 'type') === 'span' ? field(value, 'attributes') : undefined);
  if (inner !== undefined && !isSpan(value)) yield* spansIn(inner, depth + 1, value);
  else yield { span: value, around };
}

const isSpan = (value: unknown): boolean =>
  isStructure(value) &&
  idOf(value, 'trace_id') !== undefined &&
  idOf(value, 'span_id') !== undefined &&
  textField(value, 'name') !== undefined &&
  (isStructure(field(value, 'meta')) || anyField(value, 'span_kind', 'start_ns') !== undefined);

/** Decimal ids of 64 bits, hexadecimal ones of 128. */
function idOf(value: unknown, key: string): string | undefined {
  const id = field(value, key);
  const text = typeof id === 'number' || typeof id === 'bigint' ? String(id) : asText(id);
  if (text === undefined || text === 'undefined' || text === '0') return undefined;
  return /^\d{1,20}$/.test(text) ? BigInt(text).toString(16) : text;
}

const kinds = new Map([
  ['llm', 'llm'],
  ['agent', 'agent'],
  ['tool', 'tool'],
  ['workflow', 'chain'],
  ['task', 'chain'],
  ['step', 'chain'],
  ['experiment', 'chain'],
  ['retrieval', 'retrieval'],
  ['embedding', 'embedding'],
  ['reranking', 'rerank'],
] as const);

const read = new Set([
  'trace_id',
  'span_id',
  'parent_id',
  'name',
  'meta',
  'metrics',
  'start_ns',
  'duration',
  'status',
  'tags',
  'session_id',
  'span_kind',
  'input',
  'output',
  'model_name',
  'model_provider',
  '_dd',
  'apm_trace_id',
]);

function spanOf(span: unknown, around: unknown): SpanDraft {
  const meta = field(span, 'meta');
  const metrics = field(span, 'metrics');
  const type =
    textField(meta, 'span.kind', 'kind') ??
    textField(span, 'span_kind') ??
    asText(fieldAt(meta, 'span', 'kind')) ??
    'task';
  const kind = kinds.get(type as 'llm') ?? 'chain';
  const startNs = unitNs(field(span, 'start_ns'), 'ns') ?? anyTimeNs(anyField(span, 'start_time', 'timestamp'));
  const duration = unitNs(field(span, 'duration'), 'ns');
  const name = textField(span, 'name') ?? '';
  const input = field(meta, 'input') ?? field(span, 'input');
  const output = field(meta, 'output') ?? field(span, 'output');
  const error = field(meta, 'error');
  const failed = textField(span, 'status') === 'error' || isStructure(error);
  const tags = tagsOf(field(span, 'tags') ?? field(around, 'tags'));
  const model = textField(meta, 'model_name') ?? textField(span, 'model_name');
  const first = numberField(metrics, 'time_to_first_token');
  return {
    trace: idOf(span, 'trace_id') ?? '',
    id: idOf(span, 'span_id') ?? '',
    parent: idOf(span, 'parent_id'),
    name,
    startNs,
    endNs: startNs === undefined || duration === undefined ? undefined : startNs + duration,
    attributes: [
      ...stepAttributes({
        kind,
        ...(kind === 'tool' || kind === 'agent' ? { name } : {}),
        requestModel: model,
        provider: textField(meta, 'model_provider') ?? textField(span, 'model_provider'),
        input: anyField(input, 'messages', 'value', 'documents') ?? input,
        output: anyField(output, 'messages', 'value', 'documents') ?? output,
        tools: field(meta, 'tool_definitions'),
        usage: inclusiveUsage({
          input: numberField(metrics, 'input_tokens'),
          output: numberField(metrics, 'output_tokens'),
          cacheRead: numberField(metrics, 'cache_read_input_tokens'),
          cacheWrite: numberField(metrics, 'cache_write_input_tokens'),
          reasoning: numberField(metrics, 'reasoning_output_tokens'),
          total: numberField(metrics, 'total_tokens'),
        }),
        // In nano-dollars, as Datadog estimates it.
        costUsd: nanoDollars(numberField(metrics, 'estimated_total_cost')) ?? numberField(metrics, 'total_cost'),
      }),
      ...given([
        ['gen_ai.response.time_to_first_chunk', first],
        ['session.id', textField(span, 'session_id') ?? textField(around, 'session_id') ?? tags.get('session_id')],
        ['user.id', tags.get('user_id') ?? tags.get('user_handle')],
        ['metadata', isStructure(field(meta, 'metadata')) ? jsonText(field(meta, 'metadata')) : undefined],
        ['retake.import.metrics', entriesOf(metrics).length === 0 ? undefined : jsonText(metrics)],
        ['retake.import.tags', tags.size === 0 ? undefined : jsonText(tags)],
      ]),
      ...restAttributes(
        new Map(
          entriesOf(span).filter(([key, value]) => !read.has(key) && value !== null && jsonText(value).length > 2),
        ),
      ),
    ],
    statusCode: failed ? 2 : textField(span, 'status') === 'ok' ? 1 : 0,
    statusMessage: textField(error, 'message') ?? textField(meta, 'error.message'),
    events: errorEvent(meta, error),
    resource: given([
      [
        'service.name',
        tags.get('service') ?? textField(around, 'ml_app') ?? textField(span, 'ml_app') ?? tags.get('ml_app'),
      ],
    ]),
    scope: { name: 'ddtrace.llmobs' },
  };
}

const nanoDollars = (value: number | undefined): number | undefined => (value === undefined ? undefined : value / 1e9);

function errorEvent(meta: unknown, error: unknown): SpanDraft['events'] {
  const message = textField(error, 'message') ?? textField(meta, 'error.message');
  if (message === undefined) return [];
  const attributes: DraftAttributes = given([
    ['exception.type', textField(error, 'type') ?? textField(meta, 'error.type')],
    ['exception.message', message],
    ['exception.stacktrace', textField(error, 'stack') ?? textField(meta, 'error.stack')],
  ]);
  return [{ name: 'exception', timeNs: undefined, attributes }];
}

/** `["service:weather-bot", "env:staging"]`, or an object. */
function tagsOf(tags: unknown): ReadonlyMap<string, string> {
  const listed = (asArray(tags) ?? []).slice(0, 1_000).flatMap((tag) => {
    const found = /^([^:]{1,200}):(.*)$/s.exec(asText(tag) ?? '');
    return found?.[1] === undefined || found[2] === undefined ? [] : [[found[1], found[2]] as const];
  });
  return new Map([...listed, ...attributesOf(tags).map(([key, value]) => [key, textOrJson(value) ?? ''] as const)]);
}
