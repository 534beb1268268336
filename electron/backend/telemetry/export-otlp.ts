/** Telemetry written out again as OTLP. */
export { encodeOtlpJson, spanToJson } from './export-otlp-json.ts';
export { encodeOtlpProto } from './export-otlp-proto.ts';
