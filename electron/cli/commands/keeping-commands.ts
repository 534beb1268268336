import { writeAll } from '../output.ts';
import { CommandFault } from './fault.ts';
import { findRunId } from './find-run.ts';
import { withBackend } from './session.ts';
import type { BackendClient, LibraryOption } from './session.ts';

/** `retake remove RUN…`: with `--undo` they are had back, as long as they are not cleared. Ends with 1 where a run stays. */
export async function removeCommand(
  runs: readonly string[],
  options: LibraryOption & { readonly undo?: boolean },
): Promise<void> {
  await withBackend({ ...options, shareLibrary: true }, async ({ client }) => {
    // A removed run is found by its whole id only: nothing shows it.
    const runIds = options.undo === true ? [...runs] : await ids(client, runs);
    const changed =
      options.undo === true
        ? await client.library.restoreRuns({ runIds })
        : await client.library.removeRuns({ runIds });
    await writeAll(
      process.stdout,
      changed.runIds.map((runId) => `${runId}\n`),
    );
    const left = runIds.filter((runId) => !changed.runIds.includes(runId));
    if (left.length === 0) return;
    throw new CommandFault(
      options.undo === true
        ? `Not had back: ${left.join(', ')}. Give whole ids, as \`retake remove\` printed them; after an hour a removed run is cleared.`
        : `Not removed: ${left.join(', ')}. A pinned run stays, and one that goes on.`,
    );
  });
}

/** `retake pin RUN…`; with `--off` they are no longer pinned. */
export async function pinCommand(
  runs: readonly string[],
  options: LibraryOption & { readonly off?: boolean },
): Promise<void> {
  await withBackend({ ...options, shareLibrary: true }, async ({ client }) => {
    const runIds = await ids(client, runs);
    const { runIds: changed } = await client.library.pinRuns({ runIds, pinned: options.off !== true });
    await writeAll(
      process.stdout,
      changed.map((runId) => `${runId}\n`),
    );
  });
}

async function ids(client: BackendClient, runs: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const run of runs) found.push(await findRunId(client, run));
  return found;
}
