import type { z } from 'zod';
import type { cliLibrarySchema } from '../../../shared/cli-documents.ts';
import { sizeOfParts } from '../../../shared/model/library-sizes.ts';
import type { LibrarySizes } from '../../../shared/model/library-sizes.ts';
import { printable, shorten, table, writeAll } from '../output.ts';
import { withBackend } from './session.ts';
import type { LibraryOption } from './session.ts';

/** `retake library`: what takes the room, by agent and by what it is. */
export async function libraryCommand(options: LibraryOption & { readonly json?: boolean }): Promise<void> {
  const sizes = await withBackend(options, ({ client }) => client.library.sizes());
  await writeAll(process.stdout, [options.json === true ? sizesJson(sizes) : sizesTable(sizes)]);
}

function sizesTable({ agents, followers, rest, total }: LibrarySizes): string {
  const none = undefined;
  return table(
    ['AGENT', 'RUNS', 'SPANS', 'CONTENTS', 'STEPS', 'RECORDINGS', 'MB'],
    [
      ...agents.map((parts) => [
        parts.agent === undefined ? 'without one' : shorten(printable(parts.agent), 60),
        parts.runs,
        megabytes(parts.spans),
        megabytes(parts.contents),
        megabytes(parts.steps),
        megabytes(parts.recordings),
        megabytes(sizeOfParts(parts)),
      ]),
      ['text index and findings', none, none, none, none, none, megabytes(followers)],
      ['tables, log and free room', none, none, none, none, none, megabytes(rest)],
      ['total', agents.reduce((sum, { runs }) => sum + runs, 0), none, none, none, none, megabytes(total)],
    ],
  );
}

const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);

function sizesJson({ agents, followers, rest, total }: LibrarySizes): string {
  const document: z.infer<typeof cliLibrarySchema> = {
    schema: 1,
    agents: agents.map(({ agent, runs, spans, contents, steps, recordings }) => ({
      agent: agent ?? null,
      runs,
      spansBytes: Math.round(spans),
      contentsBytes: Math.round(contents),
      stepsBytes: Math.round(steps),
      recordingsBytes: Math.round(recordings),
    })),
    followersBytes: followers,
    restBytes: Math.round(rest),
    totalBytes: total,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
