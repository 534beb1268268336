import { resolve } from 'node:path';
import { printable, writeAll } from '../output.ts';
import { withBackend } from './session.ts';
import type { LibraryOption } from './session.ts';

/** `retake backup DIRECTORY`: a library of its own, as this one is now; Retake may be running. */
export async function backupCommand(directory: string, options: LibraryOption): Promise<void> {
  const { directory: to, bytes } = await withBackend(options, ({ client }) =>
    client.library.backUp({ directory: resolve(directory) }),
  );
  await writeAll(process.stdout, [
    `${printable(to)}: ${(bytes / 1_000_000).toFixed(1)} MB. Open it with --library ${printable(to)}\n`,
  ]);
}
