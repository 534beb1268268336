import { exportedKind } from '../../conventions/exported.ts';
import { asArray, entriesOf, field, fieldAt, isStructure, jsonText, textField } from '../../conventions/structure.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { statusOf } from '../spans/dumped-span.ts';
import { exportSource } from '../spans/export-source.ts';
import type { ExportOutput } from '../spans/export-source.ts';
import { anyTimeNs, attributesOf, given, restAttributes } from '../spans/span-draft.ts';
import type { DraftAttributes, EventDraft } from '../spans/span-draft.ts';

/**
 * A trace of MLflow (`Trace.to_json()`, `{info, data: {spans}}`, and `traces.json` of its artifacts, `{spans}`). Source: mlflow
 * `entities/trace.py`, `entities/span.py` (`to_dict`: version 3 has base64 ids, version 2 `context`). Attributes are those that MLflow
 * sends by OTLP.
 */
export const mlflow: StreamSource = exportSource({
  id: 'mlflow',
  label: 'MLflow',
  holds: 'traces',
  version: 1,
  detect: ({ text }) =>
    text !== undefined && /"mlflow\.(spanType|traceRequestId|spanInputs)"\s*:/.test(text) && /"spans"\s*:/.test(text)
      ? 0.9
      : confidence.none,
  open: () => ({
    read({ value }, out) {
      const traces = asArray(value) ?? asArray(field(value, 'traces')) ?? [value];
      if (!traces.some((trace) => spansOf(trace) !== undefined)) return false;
      for (const trace of traces) {
        const spans = spansOf(trace);
        if (spans === undefined) out.skip('a value that is no trace of MLflow: no spans');
        else readTrace(field(trace, 'info'), spans, out);
      }
      return true;
    },
  }),
});

function spansOf(trace: unknown): readonly unknown[] | undefined {
  const spans = asArray(fieldAt(trace, 'data', 'spans')) ?? asArray(field(trace, 'spans'));
  return spans !== undefined && (spans.length === 0 || spans.slice(0, 100).some((span) => idsOf(span) !== undefined))
    ? spans
    : undefined;
}

function idsOf(span: unknown): { readonly trace: string; readonly id: string } | undefined {
  const context = field(span, 'context');
  const trace = textField(span, 'trace_id') ?? textField(context, 'trace_id') ?? textField(span, 'request_id');
  const id = textField(span, 'span_id') ?? textField(context, 'span_id');
  return trace === undefined || id === undefined || !isStructure(span)
    ? undefined
    : { trace: plain(trace, 16), id: plain(id, 8) };
}

/** Version 3 writes base64; a request id is `tr-<hex>`. */
function plain(id: string, bytes: 8 | 16): string {
  const text = id.replace(/^tr-(?=[0-9a-f]{32}$)/, '');
  if (/^(0x)?[0-9a-f]+$/i.test(text)) return text;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return text;
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes ? decoded.toString('hex') : text;
}

const read = new Set([
  'trace_id',
  'span_id',
  'parent_span_id',
  'parent_id',
  'context',
  'name',
  'start_time_unix_nano',
  'end_time_unix_nano',
  'start_time',
  'end_time',
  'status',
  'status_code',
  'status_message',
  'attributes',
  'events',
]);

function readTrace(info: unknown, spans: readonly unknown[], out: ExportOutput): void {
  for (const span of spans) {
    const ids = idsOf(span);
    const name = textField(span, 'name');
    if (ids === undefined || name === undefined) {
      out.skip('a span without name and ids');
      continue;
    }
    const parent = textField(span, 'parent_span_id', 'parent_id');
    const status = field(span, 'status');
    out.span({
      ...ids,
      parent: parent === undefined ? undefined : plain(parent, 8),
      name,
      startNs: anyTimeNs(field(span, 'start_time_unix_nano') ?? field(span, 'start_time')),
      endNs: anyTimeNs(field(span, 'end_time_unix_nano') ?? field(span, 'end_time')),
      attributes: [
        ...attributesText(field(span, 'attributes')),
        [exportedKind, 'chain'],
        ...(parent === undefined ? infoAttributes(info) : []),
        ...restAttributes(
          new Map(
            entriesOf(span).filter(([key, value]) => !read.has(key) && value !== null && jsonText(value).length > 2),
          ),
        ),
      ],
      events: (asArray(field(span, 'events')) ?? []).flatMap(eventOf),
      statusCode: statusOf(textField(status, 'code', 'status_code') ?? textField(span, 'status_code') ?? status),
      statusMessage: textField(status, 'message', 'description') ?? textField(span, 'status_message'),
      resource: [['service.name', 'mlflow']],
      scope: { name: 'mlflow' },
    });
  }
}

/** By OTLP each value is a text of JSON; `to_dict` of older versions has it parsed. */
const attributesText = (attributes: unknown): DraftAttributes =>
  entriesOf(attributes).flatMap(([key, value]) =>
    value === null || value === undefined
      ? []
      : key.startsWith('mlflow.') && typeof value !== 'string'
        ? [[key, jsonText(value)] as const]
        : attributesOf(new Map([[key, value]])),
  );

function infoAttributes(info: unknown): DraftAttributes {
  const metadata = new Map([
    ...entriesOf(field(info, 'request_metadata')),
    ...entriesOf(field(info, 'trace_metadata')),
  ]);
  const text = (key: string): string | undefined => {
    const value = metadata.get(key);
    return typeof value === 'string' ? value : undefined;
  };
  return given([
    ['session.id', text('mlflow.trace.session')],
    ['user.id', text('mlflow.trace.user')],
    ['retake.import.tags', entriesOf(field(info, 'tags')).length === 0 ? undefined : jsonText(field(info, 'tags'))],
    ['retake.import.metadata', metadata.size === 0 ? undefined : jsonText(metadata)],
  ]);
}

function eventOf(event: unknown): readonly EventDraft[] {
  const name = textField(event, 'name');
  return name === undefined
    ? []
    : [
        {
          name,
          timeNs: anyTimeNs(field(event, 'time_unix_nano') ?? field(event, 'timestamp')),
          attributes: attributesOf(field(event, 'attributes')),
        },
      ];
}
