import {
  asArray,
  asText,
  entriesOf,
  field,
  isStructure,
  jsonText,
  numberField,
  textField,
} from '../../conventions/structure.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { kindOf, statusOf } from '../spans/dumped-span.ts';
import { exportSource } from '../spans/export-source.ts';
import type { ExportOutput } from '../spans/export-source.ts';
import { attributeValue, attributesOf, given, restAttributes, unitNs } from '../spans/span-draft.ts';
import type { DraftAttributes, EventDraft, LinkDraft, SpanDraft } from '../spans/span-draft.ts';

/**
 * Jaeger's own JSON: what its window downloads and `/api/traces` answers, `{data: [trace]}`, and a trace by itself. Source: jaeger-idl
 * `model/json/model.go`; the way back to OTLP is that of the collector's `translator/jaeger`. (`/api/v3` answers OTLP: `otlp/`.)
 */
export const jaeger: StreamSource = exportSource({
  id: 'jaeger',
  label: 'Jaeger',
  holds: 'traces',
  version: 1,
  detect: ({ text }) =>
    text !== undefined && /"traceID"\s*:/.test(text) && /"(operationName|processes|spanID)"\s*:/.test(text)
      ? confidence.strong
      : confidence.none,
  open: () => ({
    read({ value }, out) {
      const traces = tracesOf(value);
      for (const trace of traces ?? []) readTrace(trace, out);
      return traces !== undefined;
    },
  }),
});

function tracesOf(value: unknown): readonly unknown[] | undefined {
  const data = field(value, 'data');
  const listed = asArray(data) ?? (isTrace(data) ? [data] : undefined);
  if (
    listed !== undefined &&
    (listed.length === 0 ? field(value, 'errors') !== undefined : listed.slice(0, 100).some(isTrace))
  )
    return listed;
  return isTrace(value) ? [value] : undefined;
}

const isTrace = (value: unknown): boolean =>
  isStructure(value) &&
  (asArray(field(value, 'spans')) ?? []).slice(0, 100).some((span) => textField(span, 'spanID') !== undefined);

function readTrace(trace: unknown, out: ExportOutput): void {
  const spans = asArray(field(trace, 'spans'));
  if (spans === undefined) {
    out.skip('a trace without spans');
    return;
  }
  const processes = new Map(entriesOf(field(trace, 'processes')).map(([key, process]) => [key, resourceOf(process)]));
  for (const span of spans) {
    const draft = spanOf(span, textField(trace, 'traceID'), processes);
    if (draft === undefined)
      out.skip(`a span of trace ${textField(trace, 'traceID') ?? 'without id'}: no traceID, spanID and operationName`);
    else out.span(draft);
  }
}

const read = new Set([
  'traceID',
  'spanID',
  'parentSpanID',
  'operationName',
  'references',
  'startTime',
  'duration',
  'tags',
  'logs',
  'processID',
  'process',
  'flags',
  'warnings',
]);

function spanOf(
  span: unknown,
  around: string | undefined,
  processes: ReadonlyMap<string, DraftAttributes>,
): SpanDraft | undefined {
  const trace = textField(span, 'traceID') ?? around;
  const id = textField(span, 'spanID');
  const name = field(span, 'operationName');
  if (trace === undefined || id === undefined || typeof name !== 'string') return undefined;
  const tags = keyValues(field(span, 'tags'));
  const tag = (key: string): string | undefined => {
    const value = tags.find(([name]) => name === key)?.[1];
    return typeof value === 'string' ? value : value === undefined ? undefined : jsonText(value);
  };
  const references = (asArray(field(span, 'references')) ?? []).filter((one) => textField(one, 'spanID') !== undefined);
  const parent = textField(span, 'parentSpanID') ?? parentOf(references, trace);
  const startNs = unitNs(field(span, 'startTime'), 'us');
  const duration = unitNs(field(span, 'duration'), 'us');
  const stated = tag('otel.status_code');
  const isError = tag('error') === 'true';
  const carried = new Set([
    'span.kind',
    'otel.status_code',
    'otel.status_description',
    ...(isError || stated !== undefined ? ['error'] : []),
    'otel.scope.name',
    'otel.scope.version',
    'otel.library.name',
    'otel.library.version',
    'w3c.tracestate',
  ]);
  const scope = tag('otel.scope.name') ?? tag('otel.library.name');
  const warnings = asArray(field(span, 'warnings')) ?? [];
  return {
    trace,
    id,
    parent: parent === undefined || /^0*$/.test(parent) ? undefined : parent,
    name,
    kind: kindOf(tag('span.kind')),
    startNs,
    endNs: startNs === undefined || duration === undefined ? undefined : startNs + duration,
    attributes: [
      ...tags.filter(([key]) => !carried.has(key)),
      ...given([['retake.import.warnings', warnings.length === 0 ? undefined : attributeValue(warnings)]]),
      ...restAttributes(new Map(entriesOf(span).filter(([key, value]) => !read.has(key) && value !== null))),
    ],
    events: (asArray(field(span, 'logs')) ?? []).map(eventOf),
    links: references.flatMap((one) => linkOf(one, trace, parent)),
    statusCode: stated === undefined ? (isError ? 2 : 0) : statusOf(stated),
    statusMessage: tag('otel.status_description'),
    traceState: tag('w3c.tracestate'),
    resource: processes.get(textField(span, 'processID') ?? '') ?? resourceOf(field(span, 'process')),
    scope:
      scope === undefined
        ? undefined
        : { name: scope, version: tag('otel.scope.version') ?? tag('otel.library.version') },
  };
}

/** The first that this is a child of; else the first it follows from. Of another trace it is a link. */
function parentOf(references: readonly unknown[], trace: string): string | undefined {
  const own = references.filter((one) => (textField(one, 'traceID') ?? trace) === trace);
  const found = own.find((one) => textField(one, 'refType') === 'CHILD_OF') ?? own[0];
  return textField(found, 'spanID');
}

function linkOf(reference: unknown, trace: string, parent: string | undefined): readonly LinkDraft[] {
  const linked = textField(reference, 'traceID') ?? trace;
  const id = textField(reference, 'spanID');
  if (id === undefined || (linked === trace && id === parent)) return [];
  const type = textField(reference, 'refType') === 'CHILD_OF' ? 'child_of' : 'follows_from';
  return [{ trace: linked, id, attributes: [['opentracing.ref_type', type]] }];
}

function eventOf(log: unknown): EventDraft {
  const fields = keyValues(field(log, 'fields'));
  const named = fields.find(([key]) => key === 'event') ?? fields.find(([key]) => key === 'message');
  return {
    timeNs: unitNs(field(log, 'timestamp'), 'us'),
    name: asText(named?.[1]) ?? '',
    attributes: fields.filter((item) => item !== named || typeof item[1] !== 'string'),
  };
}

function resourceOf(process: unknown): DraftAttributes {
  const service = textField(process, 'serviceName');
  const tags = keyValues(field(process, 'tags'));
  return [
    ...given([['service.name', service]]),
    ...tags.filter(([key]) => service === undefined || key !== 'service.name'),
  ];
}

/** `[{key, type, value}]`; other programs write an object. */
function keyValues(list: unknown): DraftAttributes {
  const items = asArray(list);
  if (items === undefined) return attributesOf(list);
  return items.flatMap((item) => {
    const key = textField(item, 'key');
    const value = field(item, 'value');
    if (key === undefined) return [];
    const found = typed(textField(item, 'type'), value);
    return found === undefined ? [] : [[key, found] as const];
  });
}

function typed(type: string | undefined, value: unknown): DraftAttributes[number][1] {
  switch (type) {
    case 'bool':
      return typeof value === 'string' ? value === 'true' : attributeValue(value);
    case 'int64':
      if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) {
        const whole = BigInt(value);
        return whole >= BigInt(Number.MIN_SAFE_INTEGER) && whole <= BigInt(Number.MAX_SAFE_INTEGER)
          ? Number(whole)
          : attributeValue(whole);
      }
      return attributeValue(value);
    case 'float64':
      return numberField(new Map([['value', value]]), 'value') ?? attributeValue(value);
    case 'binary':
      return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : attributeValue(value);
    default:
      return attributeValue(value);
  }
}
