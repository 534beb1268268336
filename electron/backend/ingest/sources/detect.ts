import { mayBeTrajectory } from './reading/read-document.ts';

/**
 * Recognises a trace file by its first bytes, never by its name: files are renamed, and a name is not evidence.
 */
export type Compression = 'gzip' | 'zstd';

export type DetectedFormat =
  | { readonly kind: 'json' }
  /** Recorded trajectories of tau-bench, SWE-agent or mini-swe-agent, as far as the beginning tells. */
  | { readonly kind: 'trajectory' }
  /** One message: envelopes one after the other. */
  | { readonly kind: 'proto' }
  /** Messages with a length before each: varint (protobuf's own), 4 bytes big-endian (collector's file exporter), 5 bytes (gRPC). */
  | { readonly kind: 'frames'; readonly prefix: 'varint' | 'uint32' | 'grpc' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown'; readonly seen: string };

/** Bytes to gather before detecting. Large resources come before the first span. */
export const detectionBytes = 64 * 1024;

export const readable =
  'Retake reads OTLP: JSON (one object, a list, JSON lines) and protobuf (one message, or size-prefixed), also compressed with gzip or zstd; and the trajectories of tau-bench, SWE-agent and mini-swe-agent';

export function detectCompression(head: Buffer): Compression | undefined {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (isZstd(head)) return 'zstd';
  return undefined;
}

/** A zstd frame, or the skippable frame that some tools write first. */
const isZstd = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) === 0xfd2fb528 || (head.readUInt32LE(0) & 0xfffffff0) >>> 0 === 0x184d2a50);

/** `head`: the first bytes after decompression, at least `detectionBytes` or all there are (`whole`). */
export function detectFormat(head: Buffer, whole: boolean): DetectedFormat {
  if (head.length === 0) return { kind: 'empty' };
  const foreign = foreignContainer(head);
  if (foreign !== undefined) return { kind: 'unknown', seen: foreign };
  const limit = whole ? head.length : Number.POSITIVE_INFINITY;
  // Also when it is cut off: its spans up to there can be read.
  if (isMessage(head, 0, Number.POSITIVE_INFINITY)) return { kind: 'proto' };
  const prefix = framePrefix(head, limit);
  if (prefix !== undefined) return { kind: 'frames', prefix };
  return detectText(head, whole);
}

function detectText(head: Buffer, whole: boolean): DetectedFormat {
  const start = head.subarray(0, detectionBytes);
  const text = start
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (text === '') return whole ? { kind: 'empty' } : { kind: 'unknown', seen: 'only white space' };
  if (start.includes(0)) return { kind: 'unknown', seen: 'binary data that is not OTLP protobuf' };
  if (hasOtlpKey(text)) return { kind: 'json' };
  if (mayBeTrajectory(text)) return { kind: 'trajectory' };
  const known = foreignJson(text);
  if (known !== undefined) return { kind: 'unknown', seen: known };
  // The key that tells may come later: the reader says at the end when it met none.
  if (text.startsWith('{') || text.startsWith('[')) return { kind: 'json' };
  // JSON lines after a broken first line.
  if (/^[[{]/m.test(text) && hasOtlpKey(text)) return { kind: 'json' };
  return { kind: 'unknown', seen: 'text that is not JSON' };
}

const hasOtlpKey = (text: string): boolean =>
  /"(resource_?(spans|logs|metrics)|scope_?(spans|logs)|instrumentation_?library_?spans|start_?time_?unix_?nano)"\s*:/i.test(
    text,
  ) || /^\{\s*"(batches|trace)"\s*:\s*[[{]/.test(text);

function foreignContainer(head: Buffer): string | undefined {
  const magic = head.toString('latin1', 0, 16);
  if (magic.startsWith('PK\u0003\u0004')) return 'a zip archive (or an Inspect .eval log)';
  if (magic.startsWith('SQLite format 3')) return 'an SQLite database';
  if (magic.startsWith('BZh')) return 'bzip2-compressed data';
  if (magic.startsWith('\u00fd7zXZ')) return 'xz-compressed data';
  if (magic.startsWith('\u0004\u0022\u004d\u0018')) return 'lz4-compressed data';
  if (magic.startsWith('PAR1')) return 'Parquet';
  if (magic.startsWith('%PDF')) return 'PDF';
  if (head.length > 262 && head.toString('latin1', 257, 262) === 'ustar') return 'a tar archive';
  return undefined;
}

/** Trace formats of others, by keys that only they have. Most specific first. */
const foreignKeys: readonly (readonly [string, readonly RegExp[]])[] = [
  ['Jaeger JSON', [/"traceID"\s*:/, /"(operationName|processes|spanID)"\s*:/]],
  ['Zipkin JSON', [/"traceId"\s*:/, /"id"\s*:/, /"(localEndpoint|remoteEndpoint|binaryAnnotations|annotations)"\s*:/]],
  ['spans printed by the Python console exporter', [/"context"\s*:/, /"(trace_id|span_id)"\s*:\s*"0x/]],
  [
    'OpenTelemetry spans as printed by an SDK',
    [/"instrumentation(Scope|Library)"\s*:/, /"traceId"\s*:/, /"(duration|timestamp|spanContext)"\s*:/],
  ],
  ['OpenTelemetry spans as an SDK holds them', [/"(spanContext|context)"\s*:\s*\{/, /"(traceId|trace_id)"\s*:/]],
  ['OpenAI Agents SDK traces', [/"object"\s*:\s*"trace(\.span)?"/]],
  ['a Langfuse export', [/"(observations|parentObservationId|observationId)"\s*:/, /"(traceId|projectId|type)"\s*:/]],
  ['LangSmith runs', [/"(run_type|dotted_order)"\s*:/]],
  ['an Inspect log', [/"eval"\s*:/, /"(samples|task_id|run_id)"\s*:/]],
  ['a Codex rollout', [/"type"\s*:\s*"(session_meta|response_item|event_msg)"/]],
  ['a Claude Code transcript', [/"(sessionId|parentUuid)"\s*:/, /"(uuid|leafUuid)"\s*:/]],
  ['a Sentry envelope', [/"event_id"\s*:|"sent_at"\s*:/, /"sdk"\s*:/]],
  ['model API traffic recorded over HTTP', [/"(request|response)"\s*:/, /"(headers|status_code|uri|url)"\s*:/]],
];

function foreignJson(text: string): string | undefined {
  return foreignKeys.find(([, patterns]) => patterns.every((pattern) => pattern.test(text)))?.[0];
}

/** Explains a file that is JSON throughout, but not OTLP. */
export const seenJson = (head: Buffer): string =>
  foreignJson(head.subarray(0, detectionBytes).toString('utf8')) ??
  'JSON without any OTLP key (resourceSpans, resourceLogs, resourceMetrics)';

/** `reason` for a format that is recognised but not read. */
export const notRead = (seen: string): string => `looks like ${seen}: not read yet. ${readable}`;

/** Whether a message with envelopes in field 1 begins at `at` and may be `length` bytes long. */
export function isMessage(head: Buffer, at: number, length: number): boolean {
  if (head[at] !== 0x0a || length < 2) return false;
  const envelope = varintAt(head, at + 1);
  if (envelope === undefined || envelope.value > length - (envelope.next - at)) return false;
  if (envelope.value === 0) return length === 2 || head[at + 2] === 0x0a;
  const inner = head[envelope.next];
  if (inner === undefined) return false;
  // resource 1, scope list 2, schema URL 3, deprecated scope list 1000.
  if (inner === 0x0a) {
    const resource = varintAt(head, envelope.next + 1);
    if (resource === undefined || resource.value > envelope.value - (resource.next - envelope.next)) return false;
    const field = head[resource.next];
    // attributes 1, dropped count 2, entity references 3.
    return resource.value === 0 || field === 0x0a || field === 0x10 || field === 0x1a;
  }
  if (inner !== 0x12 && inner !== 0x1a && !(inner === 0xc2 && head[envelope.next + 1] === 0x3e)) return false;
  const part = varintAt(head, envelope.next + (inner === 0xc2 ? 2 : 1));
  return part !== undefined && part.value <= envelope.value;
}

function framePrefix(head: Buffer, limit: number): 'varint' | 'uint32' | 'grpc' | undefined {
  if (head.length >= 6) {
    const length = head.readUInt32BE(0);
    if (length > 0 && length <= limit - 4 && isPayload(head, 4, length)) return 'uint32';
    const grpc = head.readUInt32BE(1);
    if (
      (head[0] === 0 || head[0] === 1) &&
      grpc > 0 &&
      grpc <= limit - 5 &&
      (head[0] === 1 ? head[5] === 0x1f : isMessage(head, 5, grpc))
    )
      return 'grpc';
  }
  const length = varintAt(head, 0);
  if (
    length !== undefined &&
    length.value > 0 &&
    length.value <= limit - length.next &&
    isMessage(head, length.next, length.value)
  )
    return 'varint';
  return undefined;
}

/** The collector compresses each message before it writes its length, and then frames JSON too. */
function isPayload(head: Buffer, at: number, length: number): boolean {
  return (
    isMessage(head, at, length) ||
    detectCompression(head.subarray(at, at + 8)) !== undefined ||
    (head[at] === 0x7b && head[at + 1] === 0x22)
  );
}

export function varintAt(buffer: Buffer, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  let scale = 1;
  for (let next = at; next < buffer.length && next < at + 10; next++) {
    const byte = buffer[next] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: next + 1 };
    scale *= 128;
  }
  return undefined;
}
