import { messageOf } from '../../lib/error-message.ts';
import { saveFile } from '../../lib/save-file.ts';
import { showToast } from '../../lib/toasts.ts';
import { backend } from '../../session/backend-client.ts';
import { whileWorking } from '../../session/work-in-progress.ts';

export type ExportFormat = 'otlp-json' | 'otlp-proto' | 'csv';

export const exportFormats: readonly {
  readonly format: ExportFormat;
  readonly label: string;
  readonly hint: string;
  readonly mimeType: string;
}[] = [
  { format: 'otlp-json', label: 'OpenTelemetry, JSON', hint: 'lossless', mimeType: 'application/json' },
  { format: 'otlp-proto', label: 'OpenTelemetry, protobuf', hint: 'lossless', mimeType: 'application/x-protobuf' },
  { format: 'csv', label: 'Table of steps', hint: 'CSV', mimeType: 'text/csv' },
];

/** Streams the run from the backend into a file that the browser (or the desktop window) saves. */
export async function exportRun(runId: string, format: ExportFormat): Promise<void> {
  try {
    const { fileName, parts } = await whileWorking('export', readExport(runId, format));
    const type = exportFormats.find((one) => one.format === format)?.mimeType ?? 'application/octet-stream';
    saveFile(fileName, new Blob(parts, { type }));
    showToast({ title: 'Exported', text: fileName });
  } catch (error) {
    showToast({
      title: 'The run was not exported',
      text: messageOf(error),
      tone: 'error',
      action: { label: 'Try again', run: () => void exportRun(runId, format) },
    });
  }
}

async function readExport(
  runId: string,
  format: ExportFormat,
): Promise<{ fileName: string; parts: Uint8Array<ArrayBuffer>[] }> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let fileName = `run.${format === 'csv' ? 'csv' : format === 'otlp-json' ? 'json' : 'pb'}`;
  for await (const chunk of await backend.runs.export({ runId, format })) {
    fileName = chunk.fileName;
    parts.push(fromBase64(chunk.base64));
  }
  return { fileName, parts };
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
