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
import { asStructure } from '../spans/dumped-span.ts';
import { exportSource } from '../spans/export-source.ts';
import { anyTimeNs, given, restAttributes, unitNs } from '../spans/span-draft.ts';
import type { EventDraft, SpanDraft } from '../spans/span-draft.ts';
import { inclusiveUsage, stepAttributes } from '../spans/step-attributes.ts';

/**
 * Logs and experiments of Braintrust: rows as its API (`/v1/project_logs/…/fetch`, BTQL) and its window give them, one per span, and what
 * its SDK sends (`{rows}`). Source: braintrust-sdk `py/src/braintrust/logger.py`, `generated_types.py` (ProjectLogsEvent).
 */
export const braintrust: StreamSource = exportSource({
  id: 'braintrust',
  label: 'Braintrust',
  holds: 'logs',
  version: 1,
  detect: ({ text }) =>
    text !== undefined && /"root_span_id"\s*:/.test(text) && /"(span_attributes|span_parents)"\s*:/.test(text)
      ? 0.9
      : confidence.none,
  open: () => ({
    read({ value }, out) {
      const rows = asArray(value) ?? asArray(anyField(value, 'rows', 'events', 'data')) ?? [value];
      if (!rows.some(isRow)) return false;
      for (const row of rows) {
        if (isRow(row)) out.span(spanOf(row));
        else out.skip('a row without span_id and root_span_id');
      }
      return true;
    },
  }),
});

const isRow = (row: unknown): boolean =>
  isStructure(row) && textField(row, 'span_id') !== undefined && textField(row, 'root_span_id') !== undefined;

const kinds = new Map([
  ['llm', 'llm'],
  ['tool', 'tool'],
  ['function', 'chain'],
  ['task', 'chain'],
  ['eval', 'chain'],
  ['automation', 'chain'],
  ['preprocessor', 'chain'],
  ['facet', 'evaluator'],
  ['classifier', 'evaluator'],
  ['score', 'evaluator'],
  ['review', 'evaluator'],
] as const);

const read = new Set([
  'id',
  'span_id',
  'root_span_id',
  'span_parents',
  'span_attributes',
  'input',
  'output',
  'error',
  'metrics',
  'scores',
  'is_root',
  'context',
  '_xact_id',
  '_pagination_key',
  'log_id',
  'org_id',
]);

function spanOf(row: unknown): SpanDraft {
  const attributes = asStructure(field(row, 'span_attributes'));
  const metrics = asStructure(field(row, 'metrics'));
  const metadata = asStructure(field(row, 'metadata'));
  const type = textField(attributes, 'type') ?? 'task';
  const kind = kinds.get(type as 'llm') ?? 'chain';
  const parents = asArray(asStructureList(field(row, 'span_parents'))) ?? [];
  const error = field(row, 'error');
  const startNs = unitNs(field(metrics, 'start'), 's') ?? anyTimeNs(field(row, 'created'));
  const endNs = unitNs(field(metrics, 'end'), 's');
  const name = textField(attributes, 'name') ?? type;
  const model = textField(metadata, 'model');
  const first = numberField(metrics, 'time_to_first_token');
  return {
    trace: textField(row, 'root_span_id') ?? '',
    id: textField(row, 'span_id') ?? '',
    parent: asText(parents[0]),
    name,
    startNs,
    endNs,
    attributes: [
      ...stepAttributes({
        kind,
        ...(kind === 'tool' ? { name } : {}),
        requestModel: kind === 'llm' ? model : undefined,
        provider: textField(metadata, 'provider'),
        input: asStructure(field(row, 'input')),
        output: asStructure(field(row, 'output')),
        tools: anyField(metadata, 'tools'),
        usage:
          kind === 'llm'
            ? inclusiveUsage({
                input: numberField(metrics, 'prompt_tokens'),
                output: numberField(metrics, 'completion_tokens'),
                cacheRead: numberField(metrics, 'prompt_cached_tokens'),
                cacheWrite: numberField(metrics, 'prompt_cache_creation_tokens'),
                reasoning: numberField(metrics, 'completion_reasoning_tokens'),
                total: numberField(metrics, 'tokens'),
              })
            : undefined,
        costUsd: kind === 'llm' ? numberField(metrics, 'estimated_cost', 'cost') : undefined,
      }),
      ...given([
        ['gen_ai.response.time_to_first_chunk', first],
        ['session.id', textField(metadata, 'session_id', 'thread_id', 'conversation_id')],
        ['user.id', textField(metadata, 'user_id')],
        ['retake.import.metrics', entriesOf(metrics).length === 0 ? undefined : jsonText(metrics)],
      ]),
      ...restAttributes(
        new Map(
          entriesOf(row).filter(
            ([key, value]) => !read.has(key) && value !== null && value !== '' && jsonText(value).length > 2,
          ),
        ),
      ),
    ],
    events: entriesOf(asStructure(field(row, 'scores'))).flatMap(([score, value]) => scoreEvent(score, value, endNs)),
    statusCode: error === undefined ? 0 : 2,
    statusMessage: error === undefined ? undefined : (textField(error, 'message') ?? textOrJson(error)),
    resource: given([['service.name', asText(fieldAt(row, 'project_name'))]]),
    scope: { name: 'braintrust' },
  };
}

/** Exports as a table have lists as text. */
function asStructureList(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('[')) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function scoreEvent(name: string, value: unknown, timeNs: bigint | undefined): readonly EventDraft[] {
  if (value === null || value === undefined) return [];
  return [
    {
      name: 'gen_ai.evaluation.result',
      timeNs,
      attributes: given([
        ['gen_ai.evaluation.name', name],
        ['gen_ai.evaluation.score.value', typeof value === 'number' ? value : undefined],
        ['gen_ai.evaluation.score.label', typeof value === 'string' ? value : undefined],
      ]),
    },
  ];
}
