import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cliRunsSchema, cliShowSchema } from '../../shared/cli-documents.ts';
import type { Host } from './host.ts';
import { projectRoot } from './project.ts';

/** The command line on the library of a running host: figures that reached the test another way than through the window. */
async function retake(host: Host, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(projectRoot, 'dist/backend/retake.js'), ...args, '--json', '--library', host.libraryFolder],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout);
}

export type ListedRun = Awaited<ReturnType<typeof listRuns>>[number];

/** `retake runs --json` */
export async function listRuns(host: Host) {
  return cliRunsSchema.parse(await retake(host, 'runs')).runs;
}

/** `retake show RUN --json` */
export async function showRun(host: Host, runId: string) {
  return cliShowSchema.parse(await retake(host, 'show', runId));
}
