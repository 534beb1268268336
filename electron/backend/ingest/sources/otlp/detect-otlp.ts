import { detectCompression } from '../reading/decompress.ts';
import { confidence } from '../source.ts';
import type { Confidence, FileHead } from '../source.ts';
import type { ProtoLayout } from './otlp-proto-stream.ts';
import { varintAt } from './varint.ts';

const bareSpan = 0.7;

/** OTLP by its first bytes: protobuf by its tags and lengths, JSON by keys that only it has, else any JSON. */
export function detectOtlp(head: FileHead): Confidence {
  if (protoLayout(head) !== undefined) return confidence.certain;
  if (head.text === undefined) return confidence.none;
  if (hasOtlpKey(head.text)) return confidence.certain;
  // A span by itself; MLflow has its times under the same names.
  if (/"start_?time_?unix_?nano"\s*:/i.test(head.text)) return bareSpan;
  // The key that tells may come later: the reader says at the end when it met none.
  return head.text.startsWith('{') || head.text.startsWith('[') ? confidence.possible : confidence.none;
}

/**
 * How protobuf is written: `single`: one message, envelopes one after the other; else messages with a length before each: varint
 * (protobuf's own), 4 bytes big-endian (collector's file exporter), 5 bytes (gRPC). undefined: it is none.
 */
export function protoLayout({ bytes, whole }: FileHead): ProtoLayout | undefined {
  // Also when it is cut off: its spans up to there can be read.
  if (isMessage(bytes, 0, Number.POSITIVE_INFINITY)) return 'single';
  return framePrefix(bytes, whole ? bytes.length : Number.POSITIVE_INFINITY);
}

const hasOtlpKey = (text: string): boolean =>
  /"(resource_?(spans|logs|metrics)|scope_?(spans|logs)|instrumentation_?library_?spans)"\s*:/i.test(text) ||
  /^\{\s*"batches"\s*:\s*\[/.test(text);

/** Whether a message with envelopes in field 1 begins at `at` and may be `length` bytes long. */
function isMessage(head: Buffer, at: number, length: number): boolean {
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
