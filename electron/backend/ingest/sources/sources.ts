/** What the pipeline uses of the sources. */
export { importBytes, importFile, type ImportOptions, type ImportResult } from './import-file.ts';
export { MalformedTelemetry } from './otlp/malformed.ts';
export { decodeOtlpRequest } from './otlp/request.ts';
