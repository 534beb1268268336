import { asArray, asText, entriesOf, field, isStructure, jsonText, textField } from '../../conventions/structure.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { asStructure, statusOf } from '../spans/dumped-span.ts';
import { exportSource } from '../spans/export-source.ts';
import { anyTimeNs, attributeValue, attributesOf, restAttributes } from '../spans/span-draft.ts';
import type { DraftAttributes, EventDraft, SpanDraft } from '../spans/span-draft.ts';

/**
 * Spans of Arize Phoenix: what `/v1/projects/{project}/spans` answers and its clients write as JSON lines (attributes under dotted names, or
 * nested as the database has them), and rows of `get_spans_dataframe` (`context.trace_id`, `attributes.llm.model_name`). Source: Phoenix
 * `server/api/routers/v1/spans.py`, `trace/schemas.py`.
 */
export const phoenix: StreamSource = exportSource({
  id: 'phoenix',
  label: 'Phoenix',
  holds: 'spans',
  version: 1,
  detect: ({ text }) =>
    text !== undefined &&
    /"(span_kind|spanKind|attributes\.openinference\.span\.kind)"\s*:/.test(text) &&
    (/"context"\s*:\s*\{/.test(text) || /"context\.(trace|span)_id"\s*:/.test(text)) &&
    /"trace_id"|"traceId"|"context\.trace_id"/.test(text)
      ? 0.9
      : confidence.none,
  open: () => ({
    read({ value }, out) {
      const rows = asArray(value) ?? asArray(field(value, 'data')) ?? asArray(field(value, 'spans')) ?? [value];
      const isPage = asArray(field(value, 'data')) !== undefined && rows.length === 0;
      if (!isPage && !rows.slice(0, 100).some((row) => spanOf(row) !== undefined)) return false;
      for (const row of rows) {
        const draft = spanOf(row);
        if (draft === undefined) out.skip('a row without context.trace_id, context.span_id and name');
        else out.span(draft);
      }
      return true;
    },
  }),
});

const columns = 'attributes.';
const read = new Set([
  'id',
  'name',
  'context',
  'context.trace_id',
  'context.span_id',
  'span_kind',
  'spanKind',
  'parent_id',
  'parentId',
  'start_time',
  'startTime',
  'end_time',
  'endTime',
  'status_code',
  'statusCode',
  'status_message',
  'statusMessage',
  'attributes',
  'events',
  'conversation',
]);

function spanOf(row: unknown): SpanDraft | undefined {
  if (!isStructure(row)) return undefined;
  const context = field(row, 'context');
  const trace = textField(context, 'trace_id', 'traceId') ?? textField(row, 'context.trace_id', 'trace_id');
  const id = textField(context, 'span_id', 'spanId') ?? textField(row, 'context.span_id', 'span_id');
  const name = textField(row, 'name');
  if (trace === undefined || id === undefined || name === undefined) return undefined;
  const kind = textField(row, 'span_kind', 'spanKind');
  const own = flat(asStructure(field(row, 'attributes')));
  const listed = entriesOf(row).flatMap(([key, value]) =>
    key.startsWith(columns) && value !== null ? flatField(key.slice(columns.length), value) : [],
  );
  const attributes = [...own, ...listed];
  const hasKind = attributes.some(([key]) => key === 'openinference.span.kind');
  return {
    trace,
    id,
    parent: textField(row, 'parent_id', 'parentId'),
    name,
    startNs: anyTimeNs(field(row, 'start_time') ?? field(row, 'startTime')),
    endNs: anyTimeNs(field(row, 'end_time') ?? field(row, 'endTime')),
    attributes: [
      ...(hasKind || kind === undefined || kind === 'UNKNOWN' ? [] : [['openinference.span.kind', kind] as const]),
      ...attributes,
      ...restAttributes(
        new Map(entriesOf(row).filter(([key, value]) => !read.has(key) && !key.startsWith(columns) && value !== null)),
      ),
    ],
    events: (asArray(asStructure(field(row, 'events'))) ?? []).flatMap(eventOf),
    statusCode: statusOf(textField(row, 'status_code', 'statusCode')),
    statusMessage: textField(row, 'status_message', 'statusMessage'),
    resource: [],
  };
}

function eventOf(event: unknown): readonly EventDraft[] {
  const name = textField(event, 'name');
  if (name === undefined) return [];
  const attributes = attributesOf(field(event, 'attributes'));
  const message = textField(event, 'message');
  return [
    {
      name,
      timeNs: anyTimeNs(field(event, 'timestamp')),
      attributes: message === undefined || attributes.length > 0 ? attributes : [['exception.message', message]],
    },
  ];
}

/** What OpenInference keeps as a text of JSON; Phoenix shows it parsed. */
const jsonTexts =
  /^(metadata|llm\.invocation_parameters|tool\.parameters|llm\.prompt_template\.variables|.*\.json_schema)$/;

const flat = (attributes: unknown): DraftAttributes =>
  entriesOf(attributes).flatMap(([key, value]) => flatField(key, value));

/** Nested attributes under the dotted names that they were sent with: `{"llm": {"model_name": …}}`, lists of objects by their place. */
function flatField(key: string, value: unknown, depth = 0): DraftAttributes {
  const list = asArray(value);
  const isNested = isStructure(value) || (list !== undefined && list.some(isStructure));
  if (!isNested || depth > 20) {
    const found = attributeValue(value);
    return found === undefined ? [] : [[key, found]];
  }
  if (jsonTexts.test(key)) return [[key, jsonText(value)]];
  const entries = list === undefined ? entriesOf(value) : list.map((item, index) => [String(index), item] as const);
  return entries.flatMap(([name, item]) => flatField(`${key}.${asText(name) ?? ''}`, item, depth + 1));
}
