import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { writeAll } from '../output.ts';
import { CommandFault } from './fault.ts';
import { findRunId } from './find-run.ts';
import { withBackend } from './session.ts';
import type { BackendClient, LibraryOption } from './session.ts';

export const exportFormats = ['otlp-json', 'otlp-proto', 'csv'] as const;
export type ExportFormat = (typeof exportFormats)[number];

interface ExportOptions extends LibraryOption {
  readonly format: ExportFormat;
  readonly output?: string;
}

/** `retake export RUN`: to the standard output, or whole to a file: a failed export leaves no half file behind. */
export async function exportCommand(runText: string, options: ExportOptions): Promise<void> {
  const { format, output } = options;
  if (output === undefined && format === 'otlp-proto' && process.stdout.isTTY) {
    throw new CommandFault(
      'Protobuf is binary and would garble the terminal: give a file with -o FILE, or pipe it on.',
    );
  }
  await withBackend(options, async ({ client }) => {
    const runId = await findRunId(client, runText);
    if (output === undefined) return writeAll(process.stdout, chunks(client, runId, format));
    const unfinished = `${output}.unfinished`;
    try {
      const file = createWriteStream(unfinished);
      const failed = new Promise<never>((_, reject) => file.on('error', reject));
      await Promise.race([
        failed,
        writeAll(file, chunks(client, runId, format)).then(() => new Promise<void>((resolve) => file.end(resolve))),
      ]);
      await rename(unfinished, output);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  });
}

async function* chunks(
  client: BackendClient,
  runId: string,
  format: ExportFormat,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const { base64 } of await client.runs.export({ runId, format })) yield Buffer.from(base64, 'base64');
}
