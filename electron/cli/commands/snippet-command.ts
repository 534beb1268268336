import { placesOf } from '../../../shared/model/redaction.ts';
import type { Snippet, SnippetLanguage } from '../../../shared/model/snippet.ts';
import { writeAll } from '../output.ts';
import { countsInWords, redactionOf } from './export-command.ts';
import type { RedactionOptions } from './export-command.ts';
import { CommandFault } from './fault.ts';
import { findRunId } from './find-run.ts';
import { withBackend } from './session.ts';

export interface SnippetOptions extends RedactionOptions {
  readonly step?: number;
  readonly as: SnippetLanguage;
  readonly redact: boolean;
}

/** `retake show RUN --step N --as curl`: a model call as a program that asks it again. What was replaced in it is said beside it. */
export async function snippetCommand(runText: string, options: SnippetOptions): Promise<void> {
  const { step, as: language, redact } = options;
  if (step === undefined) throw new CommandFault('Only one step can be written as a program: give it with --step N.');
  await withBackend(options, async ({ client }) => {
    const runId = await findRunId(client, runText);
    const redaction = redactionOf(options, (await client.settings.get()).sharing);
    for await (const next of await client.steps.snippet({
      runId,
      index: step,
      language,
      ...(redact ? { redaction } : {}),
    }))
      if (next.type === 'snippet') {
        await writeAll(process.stdout, [next.snippet.text]);
        process.stderr.write(`${wordsOf(next.snippet, redact)}\n`);
      }
  });
}

function wordsOf({ replaced = {}, leftOut }: Snippet, redact: boolean): string {
  if (!redact) return 'Written as it is. Without --no-redact there are names in the place of what is private.';
  const count = placesOf(replaced);
  return [
    count === 0
      ? 'Nothing was found to be replaced.'
      : `Names stand in ${count} ${count === 1 ? 'place' : 'places'}: ${countsInWords(replaced)}. Put your own values there before you run it, or write it with --no-redact.`,
    ...(leftOut === 0
      ? []
      : [`Not searched, and left out: ${leftOut} images, files or other contents that are no text.`]),
  ].join(' ');
}
