import { asArray, asText, entriesOf, field, isStructure, textField } from '../../conventions/structure.ts';
import { parseTolerantJson } from '../../conventions/tolerant-json.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { kindOf, statusOf } from '../spans/dumped-span.ts';
import { exportSource } from '../spans/export-source.ts';
import type { ExportOutput, ExportReader } from '../spans/export-source.ts';
import { attributeValue, attributesOf, given, restAttributes, unitNs } from '../spans/span-draft.ts';
import type { DraftAttributes, EventDraft, SpanDraft } from '../spans/span-draft.ts';

/**
 * Zipkin's JSON, version 2: a list of spans, or of traces that are lists of spans (`/api/v2/traces`). Source: zipkin-api `zipkin2-api.yaml`;
 * the way back to OTLP is that of the collector's `translator/zipkin`. All values are text there; a span may be written by client and
 * server under one id (`shared`).
 */
export const zipkin: StreamSource = exportSource({
  id: 'zipkin',
  label: 'Zipkin',
  holds: 'traces',
  version: 1,
  detect: ({ text }) =>
    text !== undefined &&
    /"traceId"\s*:/.test(text) &&
    /"id"\s*:/.test(text) &&
    /"(localEndpoint|remoteEndpoint|annotations)"\s*:/.test(text) &&
    !/"(instrumentationScope|projectId|observations)"\s*:/.test(text)
      ? confidence.strong
      : confidence.none,
  open,
});

const isSpan = (value: unknown): boolean =>
  isStructure(value) &&
  textField(value, 'traceId') !== undefined &&
  textField(value, 'id') !== undefined &&
  field(value, 'binaryAnnotations') === undefined &&
  ['localEndpoint', 'remoteEndpoint', 'annotations', 'tags', 'duration', 'timestamp', 'name', 'kind'].some(
    (key) => field(value, key) !== undefined,
  );

function open(): ExportReader {
  /** Of each trace; whose spans belong together is known at the end. */
  let held: unknown[] = [];
  return {
    read({ value }, out) {
      const spans = asArray(value) ?? [value];
      if (!spans.slice(0, 100).some(isSpan)) return false;
      for (const span of spans) {
        if (isSpan(span)) held.push(span);
        else out.skip('a value without the traceId and id of a Zipkin span');
      }
      return true;
    },
    end(out) {
      for (const spans of Map.groupBy(held, (span) => textField(span, 'traceId')).values()) readTrace(spans, out);
      held = [];
    },
  };
}

function readTrace(spans: readonly unknown[], out: ExportOutput): void {
  const written = [...Map.groupBy(spans, (span) => textField(span, 'id') ?? '')].map(([id, same]) => {
    const server = same.filter(isShared);
    return server.length === same.length
      ? { id, own: server, server: [] }
      : { id, own: same.filter((span) => !isShared(span)), server };
  });
  /** Services of servers that wrote on a client's span, by its id. */
  const halves = new Map(
    written.flatMap(({ id, server }) => (server.length === 0 ? [] : [[id, serviceOf(server[0])] as const])),
  );
  for (const { id, own, server } of written) {
    out.span(draftOf(joined(own), halves));
    if (server.length > 0) out.span({ ...draftOf(joined(server), halves), id: halfOf(id), parent: id });
  }
}

/** A span told more than once: what is told later wins. */
const joined = (spans: readonly unknown[]): unknown =>
  spans.length === 1 ? spans[0] : new Map(spans.flatMap((span) => [...entriesOf(span)]));

const isShared = (span: unknown): boolean => field(span, 'shared') === true;
const halfOf = (id: string): string => `${id} at the server`;
const serviceOf = (span: unknown): string | undefined => textField(field(span, 'localEndpoint'), 'serviceName');

const read = new Set([
  'traceId',
  'id',
  'parentId',
  'name',
  'kind',
  'timestamp',
  'duration',
  'localEndpoint',
  'remoteEndpoint',
  'annotations',
  'tags',
  'shared',
  'debug',
]);

function draftOf(span: unknown, halves: ReadonlyMap<string, string | undefined>): SpanDraft {
  const tags = attributesOf(field(span, 'tags'));
  const tag = (key: string): string | undefined => asText(tags.find(([name]) => name === key)?.[1]);
  const startNs = unitNs(field(span, 'timestamp'), 'us');
  const duration = unitNs(field(span, 'duration'), 'us');
  const stated = tag('otel.status_code');
  const error = tag('error');
  const scope = tag('otel.scope.name') ?? tag('otel.library.name');
  const carried = new Set([
    'otel.status_code',
    'otel.status_description',
    'otel.scope.name',
    'otel.scope.version',
    'otel.library.name',
    'otel.library.version',
    'w3c.tracestate',
    ...(stated === undefined ? [] : ['error']),
  ]);
  const parent = textField(span, 'parentId');
  const local = field(span, 'localEndpoint');
  const remote = field(span, 'remoteEndpoint');
  // What a server did hangs below its own half, not below the client's.
  const half = parent !== undefined && halves.has(parent) && halves.get(parent) === serviceOf(span);
  return {
    trace: textField(span, 'traceId') ?? '',
    id: textField(span, 'id') ?? '',
    parent: half ? halfOf(parent) : parent,
    name: textField(span, 'name') ?? '',
    kind: kindOf(textField(span, 'kind')),
    startNs,
    endNs: startNs === undefined || duration === undefined ? undefined : startNs + duration,
    attributes: [
      ...tags.filter(([key]) => !carried.has(key) && !key.startsWith('telemetry.sdk.') && key !== 'service.name'),
      ...given([
        ['peer.service', textField(remote, 'serviceName')],
        ['net.peer.ip', textField(remote, 'ipv4', 'ipv6')],
        ['net.peer.port', attributeValue(field(remote, 'port'))],
      ]),
      ...restAttributes(new Map(entriesOf(span).filter(([key, value]) => !read.has(key) && value !== null))),
    ],
    events: (asArray(field(span, 'annotations')) ?? []).map(eventOf),
    statusCode: stated === undefined ? (error === undefined || error === 'false' ? 0 : 2) : statusOf(stated),
    // Zipkin's own rule: what stands under `error` is the message.
    statusMessage:
      tag('otel.status_description') ?? (error === undefined || /^(true|false)$/i.test(error) ? undefined : error),
    traceState: tag('w3c.tracestate'),
    resource: [
      ...given([
        ['service.name', tag('service.name') ?? textField(local, 'serviceName')],
        ['net.host.ip', textField(local, 'ipv4', 'ipv6')],
        ['net.host.port', attributeValue(field(local, 'port'))],
      ]),
      ...tags.filter(([key]) => key.startsWith('telemetry.sdk.')),
    ],
    scope:
      scope === undefined
        ? undefined
        : { name: scope, version: tag('otel.scope.version') ?? tag('otel.library.version') },
  };
}

/** The collector writes an event's attributes as JSON: `{"name": {…}}`, or `"name": {…}`, OpenTelemetry's own exporter the name alone. */
function eventOf(annotation: unknown): EventDraft {
  const text = textField(annotation, 'value') ?? '';
  const timeNs = unitNs(field(annotation, 'timestamp'), 'us');
  const object = text.startsWith('{') ? text : /^"[^"]{1,500}"\s*:\s*\{/.test(text) ? `{${text}}` : undefined;
  const [entry, ...others] = object === undefined ? [] : entriesOf(parseTolerantJson(object)?.value);
  if (entry !== undefined && others.length === 0 && isStructure(entry[1])) {
    const attributes: DraftAttributes = attributesOf(entry[1]);
    return { timeNs, name: entry[0], attributes };
  }
  return { timeNs, name: text, attributes: [] };
}
