import type { ReceivedResult, Signal } from './request.ts';

/**
 * Answers of an OTLP server. Success: Export*ServiceResponse, field 1 partial_success { 1 rejected (int64), 2 error_message }.
 * Failure: google.rpc.Status { 1 code, 2 message }. Source: opentelemetry-proto 1.11, specification.md, "OTLP/HTTP Response".
 */
const rejectedField: Record<Signal, string> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
};

export function successJson(signal: Signal, result: ReceivedResult): string {
  if (isPlain(result)) return '{}';
  return JSON.stringify({
    partialSuccess: { [rejectedField[signal]]: String(result.rejected), errorMessage: result.message ?? '' },
  });
}

export function successProtobuf(result: ReceivedResult): Buffer {
  if (isPlain(result)) return Buffer.alloc(0);
  const rejected = result.rejected > 0 ? [0x08, ...varint(result.rejected)] : [];
  return lengthDelimited(1, Buffer.concat([Buffer.from(rejected), textField(2, result.message ?? '')]));
}

export function statusJson(code: number, message: string): string {
  return JSON.stringify({ code, message });
}

export function statusProtobuf(code: number, message: string): Buffer {
  return Buffer.concat([Buffer.from([0x08, ...varint(code)]), textField(2, message)]);
}

function isPlain(result: ReceivedResult): boolean {
  return result.rejected === 0 && result.message === undefined;
}

function textField(field: number, text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : lengthDelimited(field, Buffer.from(text, 'utf8'));
}

function lengthDelimited(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
