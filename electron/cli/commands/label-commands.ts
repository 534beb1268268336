import {
  cleanLine,
  cleanNote,
  longestName,
  longestNote,
  longestTag,
  mostTags,
} from '../../../shared/model/run-labels.ts';
import type { LabelChange } from '../../../shared/model/run-labels.ts';
import { printable, writeAll } from '../output.ts';
import { CommandFault, exitCodes } from './fault.ts';
import { findRunId } from './find-run.ts';
import { withBackend } from './session.ts';
import type { BackendClient, LibraryOption } from './session.ts';

/** `retake tag RUN [TAG…]`: adds tags, with `--off` takes them away; without any it prints those that there are. */
export async function tagCommand(
  run: string,
  tags: readonly string[],
  options: LibraryOption & { readonly off?: boolean },
): Promise<void> {
  const given = tags.map((tag) => oneOf(tag, cleanLine(tag, longestTag + 1), longestTag, 'A tag'));
  await withLabels(run, options, async (client, runId) => {
    if (given.length > 0) {
      const { tags: before = [] } = await client.runs.get({ runId });
      if (options.off !== true && new Set([...before, ...given]).size > mostTags)
        throw new CommandFault(`A run has at most ${mostTags} tags.`);
      await label(client, runId, options.off === true ? { removeTags: given } : { addTags: given });
    }
    return ((await client.runs.get({ runId })).tags ?? []).map((tag) => `${printable(tag)}\n`).join('');
  });
}

/** `retake note RUN [TEXT]`: a note in place of the one before; `--off` takes it away; without a text it prints the note. */
export async function noteCommand(
  run: string,
  text: string | undefined,
  options: LibraryOption & { readonly off?: boolean },
): Promise<void> {
  const note = text === undefined ? undefined : oneOf(text, cleanNote(text), longestNote, 'A note');
  await withLabels(run, options, async (client, runId) => {
    if (options.off === true) await label(client, runId, { note: '' });
    else if (note !== undefined) await label(client, runId, { note });
    const kept = (await client.runs.get({ runId })).note;
    return kept === undefined ? '' : `${kept.split('\n').map(printable).join('\n')}\n`;
  });
}

/** `retake rename RUN [NAME]`: a name in place of the run's own; `--off` gives it its own back; without one it prints its name. */
export async function renameCommand(
  run: string,
  text: string | undefined,
  options: LibraryOption & { readonly off?: boolean },
): Promise<void> {
  const name = text === undefined ? undefined : oneOf(text, cleanLine(text, longestName + 1), longestName, 'A name');
  await withLabels(run, options, async (client, runId) => {
    if (options.off === true) await label(client, runId, { name: '' });
    else if (name !== undefined) await label(client, runId, { name });
    return `${printable((await client.runs.get({ runId })).name)}\n`;
  });
}

async function withLabels(
  run: string,
  options: LibraryOption,
  work: (client: BackendClient, runId: string) => Promise<string>,
): Promise<void> {
  await withBackend({ ...options, shareLibrary: true }, async ({ client }) => {
    await writeAll(process.stdout, [await work(client, await findRunId(client, run))]);
  });
}

async function label(client: BackendClient, runId: string, change: LabelChange): Promise<void> {
  await client.library.labelRuns({ runIds: [runId], change });
}

/** Nothing typed is cut silently. */
function oneOf(text: string, clean: string, longest: number, what: string): string {
  if (clean === '') throw new CommandFault(`${what} needs at least one letter or figure.`, exitCodes.usage);
  if (clean.length > longest || text.trim().length > longest)
    throw new CommandFault(`${what} has at most ${longest} characters.`, exitCodes.usage);
  return clean;
}
