import { exportedKind } from '../../conventions/exported.ts';
import {
  asArray,
  asText,
  entriesOf,
  field,
  fieldAt,
  isStructure,
  jsonText,
  textField,
  textOrJson,
} from '../../conventions/structure.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { exportSource } from '../spans/export-source.ts';
import type { ExportOutput, ExportReader } from '../spans/export-source.ts';
import { anyTimeNs, attributesOf, attributeValue, given, restAttributes, unitNs } from '../spans/span-draft.ts';
import type { DraftAttributes, SpanDraft } from '../spans/span-draft.ts';

/**
 * Envelopes of Sentry: a header, and items with a header each, as lines of JSON. Read are transactions with their spans, and spans by
 * themselves (both versions). Source: develop.sentry.dev/sdk/data-model/envelopes, sentry-conventions (gen_ai). Times are seconds.
 */
export const sentry: StreamSource = exportSource({
  id: 'sentry',
  label: 'Sentry',
  holds: 'envelopes',
  version: 1,
  detect: ({ text }) =>
    text !== undefined &&
    /^\{[^\n]{0,20000}"(event_id|sent_at|dsn)"\s*:/m.test(text) &&
    /\n\{[^\n]{0,2000}"type"\s*:\s*"(transaction|span|event|session|sessions|client_report|log|profile|replay_event|check_in|statsd|trace_metric)"/.test(
      text,
    )
      ? confidence.certain
      : confidence.none,
  open,
});

const isSpan = (value: unknown): boolean =>
  isStructure(value) &&
  textField(value, 'span_id') !== undefined &&
  textField(value, 'trace_id') !== undefined &&
  field(value, 'start_timestamp') !== undefined;

function open(): ExportReader {
  let type: string | undefined;
  const others = new Map<string, number>();
  return {
    read({ value }, out) {
      if (!isStructure(value)) return false;
      const trace = fieldAt(value, 'contexts', 'trace');
      const items = asArray(field(value, 'items'));
      if (isStructure(trace) && field(value, 'start_timestamp') !== undefined) {
        readTransaction(value, trace, out);
        return true;
      }
      if (items !== undefined && items.some(isSpan)) {
        for (const item of items) {
          if (isSpan(item)) out.span(spanOf(item, undefined));
          else out.skip('an item that is no span');
        }
        return true;
      }
      if (isSpan(value)) {
        out.span(spanOf(value, undefined));
        return true;
      }
      const stated = textField(value, 'type');
      const isItemHeader =
        stated !== undefined &&
        entriesOf(value).length <= 10 &&
        field(value, 'platform') === undefined &&
        field(value, 'exception') === undefined;
      if (isItemHeader) {
        type = stated;
        return true;
      }
      if (textField(value, 'event_id', 'sent_at', 'dsn') !== undefined && type === undefined) return true;
      if (type === undefined) return false;
      if (textField(value, 'sent_at', 'dsn') !== undefined && field(value, 'platform') === undefined) {
        // The next envelope of the file.
        type = undefined;
        return true;
      }
      others.set(type, (others.get(type) ?? 0) + 1);
      return true;
    },
    end(out) {
      for (const [kind, count] of others) out.skip(`${count} items of kind ${kind.slice(0, 100)} tell of no span`, 0);
      others.clear();
    },
  };
}

const readOfEvent = new Set([
  'contexts',
  'spans',
  'start_timestamp',
  'timestamp',
  'transaction',
  'type',
  'tags',
  'user',
  'event_id',
]);

function readTransaction(event: unknown, trace: unknown, out: ExportOutput): void {
  const resource: DraftAttributes = attributesOf(fieldAt(event, 'contexts', 'otel', 'resource'));
  const scope = {
    name: textField(field(event, 'sdk'), 'name') ?? 'sentry',
    version: textField(field(event, 'sdk'), 'version'),
  };
  const contexts = new Map(entriesOf(field(event, 'contexts')).filter(([key]) => key !== 'trace' && key !== 'otel'));
  const root = spanOf(
    new Map([
      ...entriesOf(trace),
      ['description', textField(event, 'transaction') ?? textField(trace, 'description')],
      ['start_timestamp', field(event, 'start_timestamp')],
      ['timestamp', field(event, 'timestamp')],
    ]),
    { resource, scope },
  );
  if (textField(trace, 'span_id') === undefined || textField(trace, 'trace_id') === undefined)
    out.skip('a transaction without trace_id and span_id');
  else
    out.span({
      ...root,
      attributes: [
        ...root.attributes,
        ...given([
          ['user.id', textField(field(event, 'user'), 'id')],
          ['retake.import.event_id', textField(event, 'event_id')],
          [
            'retake.import.tags',
            entriesOf(field(event, 'tags')).length === 0 ? undefined : jsonText(field(event, 'tags')),
          ],
          ['retake.import.contexts', contexts.size === 0 ? undefined : jsonText(contexts)],
        ]),
        ...restAttributes(
          new Map(
            entriesOf(event).filter(
              ([key, value]) => !readOfEvent.has(key) && value !== null && jsonText(value).length > 2,
            ),
          ),
        ),
      ],
    });
  for (const span of asArray(field(event, 'spans')) ?? []) {
    if (isSpan(span)) out.span(spanOf(span, { resource, scope }));
    else out.skip('a span without trace_id, span_id and start_timestamp');
  }
}

const read = new Set([
  'span_id',
  'trace_id',
  'parent_span_id',
  'start_timestamp',
  'timestamp',
  'end_timestamp',
  'description',
  'name',
  'op',
  'status',
  'data',
  'attributes',
  'tags',
  'is_segment',
  'is_remote',
  'exclusive_time',
]);

function spanOf(span: unknown, around: Pick<SpanDraft, 'resource' | 'scope'> | undefined): SpanDraft {
  const listed = field(span, 'attributes');
  const data: DraftAttributes = [
    ...attributesOf(field(span, 'data')),
    // The second version: `{"key": {"value": …, "type": …}}`.
    ...entriesOf(listed).flatMap(([key, item]) => {
      const value = attributeValue(isStructure(item) ? field(item, 'value') : item);
      return value === undefined ? [] : [[key, value] as const];
    }),
  ];
  const text = (key: string): string | undefined => {
    const found = data.find(([name]) => name === key)?.[1];
    return found === undefined ? undefined : textOrJson(found);
  };
  const op = textField(span, 'op') ?? text('sentry.op');
  const status = textField(span, 'status');
  return {
    trace: textField(span, 'trace_id') ?? '',
    id: textField(span, 'span_id') ?? '',
    parent: textField(span, 'parent_span_id'),
    name: textField(span, 'description', 'name') ?? op ?? 'span',
    startNs: anyTimeNs(field(span, 'start_timestamp')) ?? unitNs(field(span, 'start_timestamp'), 's'),
    endNs: anyTimeNs(field(span, 'timestamp') ?? field(span, 'end_timestamp')),
    attributes: [
      ...data,
      ...given([
        ['sentry.op', text('sentry.op') === undefined ? op : undefined],
        [exportedKind, kindOf(op)],
        ['input.value', text('gen_ai.request.messages')],
        ['output.value', answerOf(text)],
        ['gen_ai.tool.definitions', text('gen_ai.request.available_tools')],
        ['gen_ai.tool.call.arguments', text('gen_ai.tool.input')],
        ['gen_ai.tool.call.result', text('gen_ai.tool.output')],
        ['gen_ai.usage.cache_read.input_tokens', numberOf(text('gen_ai.usage.input_tokens.cached'))],
        ['gen_ai.usage.cache_creation.input_tokens', numberOf(text('gen_ai.usage.input_tokens.cache_write'))],
        ['gen_ai.usage.reasoning.output_tokens', numberOf(text('gen_ai.usage.output_tokens.reasoning'))],
      ]).filter(([key]) => !data.some(([name]) => name === key)),
      ...restAttributes(
        new Map(
          entriesOf(span).filter(([key, value]) => !read.has(key) && value !== null && jsonText(value).length > 2),
        ),
      ),
    ],
    statusCode: status === undefined || status === 'unset' ? 0 : status === 'ok' ? 1 : 2,
    statusMessage: status === undefined || status === 'ok' || status === 'unset' ? undefined : status,
    resource: around?.resource ?? [],
    scope: around?.scope ?? { name: 'sentry' },
  };
}

function kindOf(op: string | undefined): string | undefined {
  const operation = /^(?:gen_ai|ai)\.(.+)$/.exec(op ?? '')?.[1];
  if (operation === undefined) return undefined;
  if (/^(invoke_agent|agent)/.test(operation)) return 'agent';
  if (/^(execute_tool|tool)/.test(operation)) return 'tool';
  if (/embed/.test(operation)) return 'embedding';
  if (/handoff|pipeline|run/.test(operation)) return 'chain';
  return 'llm';
}

/** Text and calls of an answer stand apart. */
function answerOf(text: (key: string) => string | undefined): string | undefined {
  const said = text('gen_ai.response.text');
  const calls = text('gen_ai.response.tool_calls');
  if (said === undefined && calls === undefined) return undefined;
  let listed: unknown;
  try {
    listed = calls === undefined ? undefined : (JSON.parse(calls) as unknown);
  } catch {
    listed = undefined;
  }
  const asked = (asArray(listed) ?? []).map(
    (call) =>
      new Map<string, unknown>([
        ['type', 'tool_call'],
        ['id', textField(call, 'toolCallId', 'id')],
        ['name', textField(call, 'toolName', 'name') ?? asText(fieldAt(call, 'function', 'name'))],
        [
          'arguments',
          field(call, 'args') ??
            field(call, 'input') ??
            field(call, 'arguments') ??
            fieldAt(call, 'function', 'arguments'),
        ],
      ]),
  );
  return jsonText([
    new Map<string, unknown>([
      ['role', 'assistant'],
      [
        'parts',
        [
          ...(said === undefined
            ? []
            : [
                new Map([
                  ['type', 'text'],
                  ['content', plainText(said)],
                ]),
              ]),
          ...asked,
        ],
      ],
    ]),
  ]);
}

/** A list of texts, as JSON, of one element mostly. */
function plainText(text: string): string {
  if (!text.startsWith('[')) return text;
  try {
    const list = asArray(JSON.parse(text) as unknown);
    return list !== undefined && list.every((item) => typeof item === 'string') ? list.join('\n') : text;
  } catch {
    return text;
  }
}

const numberOf = (text: string | undefined): number | undefined => {
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
};
