import type { TelemetrySink } from '../../../telemetry/raw-span.ts';
import { decodeOtlpJson } from './otlp-json.ts';
import type { Signal } from './otlp-proto-fields.ts';
import { OtlpProtoDecoder } from './otlp-proto.ts';

/**
 * Decodes one OTLP export request as received (transport and compression taken off). The spans refer to `body`, which
 * must not be changed afterwards. An item that breaks a rule goes to `sink.skip`; MalformedTelemetry is thrown when
 * nothing could be read (answer 400). An empty body is an empty request.
 */
export function decodeOtlpRequest(
  request: { readonly signal: Signal; readonly encoding: 'protobuf' | 'json'; readonly body: Buffer },
  sink: TelemetrySink,
): void {
  if (request.encoding === 'json') decodeOtlpJson(request.body, sink);
  else new OtlpProtoDecoder(sink).message(request.body, request.signal);
}
