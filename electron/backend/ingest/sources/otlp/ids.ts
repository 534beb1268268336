import { spanId, traceId } from '../../../../../shared/model/units.ts';
import type { SpanId, TraceId } from '../../../../../shared/model/units.ts';
import { RefusedItem } from './malformed.ts';

/**
 * Ids as OTLP writers send them (reference: OTLP specification, JSON mapping; file exporter specification).
 * Besides hex: base64 (Python MessageToJson, Tempo), and hex text that a JSON library took for base64 and wrote
 * as hex again (48 / 24 characters; tracewayapp/traceway#130).
 */
const zeros = /^0*$/;
const hex = /^[0-9a-f]*$/i;
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Lower-case hex of `size` bytes; undefined when empty or all zero. Throws RefusedItem on anything else. */
export function idFromText(text: string, size: 8 | 16, what: string): string | undefined {
  const id = text.length === size * 2 && hex.test(text) ? text : decodeOther(text, size, what);
  return zeros.test(id) ? undefined : id.toLowerCase();
}

function decodeOther(text: string, size: 8 | 16, what: string): string {
  if (zeros.test(text)) return '';
  if (text.length === size * 3 && hex.test(text)) {
    const original = Buffer.from(text, 'hex').toString('base64');
    if (original.length === size * 2 && hex.test(original)) return original;
  }
  if (base64.test(text)) {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.length === size) return bytes.toString('hex');
  }
  throw new RefusedItem(`${what} ${JSON.stringify(text.slice(0, 60))} is not ${size} bytes in hex or base64`);
}

/** Lower-case hex of id bytes; undefined when empty or all zero. */
export function idFromBytes(
  buffer: Buffer,
  start: number,
  end: number,
  size: 8 | 16,
  what: string,
): string | undefined {
  const length = end - start;
  let set = false;
  for (let index = start; index < end && !set; index++) set = buffer[index] !== 0;
  if (!set) return undefined;
  if (length !== size) throw new RefusedItem(`${what} has ${length} bytes instead of ${size}`);
  return buffer.toString('hex', start, end);
}

export const asTraceId = (id: string | undefined): TraceId | undefined => (id === undefined ? undefined : traceId(id));
export const asSpanId = (id: string | undefined): SpanId | undefined => (id === undefined ? undefined : spanId(id));

/** A link keeps its place even without ids: all zero, as it would be written out again. */
export const linkTraceId = (id: string | undefined): TraceId => traceId(id ?? '0'.repeat(32));
export const linkSpanId = (id: string | undefined): SpanId => spanId(id ?? '0'.repeat(16));
