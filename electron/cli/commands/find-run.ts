import { CommandFault } from './fault.ts';
import type { BackendClient } from './session.ts';

const shownCandidates = 5;

/** The run that an id, or the beginning of one, names. Ambiguous or unknown beginnings are faults that say what there is. */
export async function findRunId(client: BackendClient, text: string): Promise<string> {
  const found = await client.runs.find({ idPrefix: text.toLowerCase() });
  const [only] = found;
  if (only === undefined) throw new CommandFault(`No run begins with ${text}: \`retake runs\` lists those there are.`);
  if (found.length === 1) return only;
  throw new CommandFault(
    `${text} fits several runs (${found.slice(0, shownCandidates).join(', ')}${found.length > shownCandidates ? ', …' : ''}): give more of the id.`,
  );
}
