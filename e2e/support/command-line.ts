import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { cliRunsSchema, cliShowSchema } from '../../shared/cli-documents.ts';
import type { Host } from './host.ts';
import { projectRoot } from './project.ts';

/** The command line on the library of a running host: figures that reached the test another way than through the window. */
async function retake(host: Host, ...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await printed(host, ...args, '--json'));
}

async function printed(host: Host, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(projectRoot, 'dist/backend/retake.js'), ...args, '--library', host.libraryFolder],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout;
}

/** `retake tag RUN TAG`: what it prints are the tags that the run has then. */
export const tagRun = (host: Host, runId: string, tag: string): Promise<string> => printed(host, 'tag', runId, tag);
/** `retake note RUN TEXT` */
export const noteRun = (host: Host, runId: string, text: string): Promise<string> => printed(host, 'note', runId, text);

/** `retake share RUN -o FILE`, of a file beside the library: its address. */
export async function shareRun(host: Host, runId: string): Promise<string> {
  const file = join(host.libraryFolder, `${runId}.html`);
  await printed(host, 'share', runId, '-o', file);
  return pathToFileURL(file).href;
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
