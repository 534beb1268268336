import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the example agents share: their options, a conversation that the task stands in, and one tool that really does something.
 * `--task TEXT --model NAME --system TEXT --stream`; AGENT_KEY is the key that they send, AGENT_FOLDER where the tool writes.
 */
const [, , ...words] = process.argv;

function option(name: string, otherwise: string): string {
  return words.includes(name) ? (words[words.indexOf(name) + 1] ?? otherwise) : otherwise;
}

export const variant = words[0] !== undefined && !words[0].startsWith('-') ? words[0] : undefined;
export const stream = words.includes('--stream');
export const task = option('--task', 'the price of tea');
export const model = option('--model', 'scripted-1');
export const system = option('--system', 'You look things up.');
export const key = process.env['AGENT_KEY'] ?? 'example-key-0123456789abcdef';

/** What was said before the task: messages 0 and 1 of every context, so that there is something to change and to take out. */
export const history = [
  { role: 'user', text: 'Remember that the shop is in Leeds.' },
  { role: 'assistant', text: 'Noted.' },
] as const;

export const toolDescription = 'Looks something up and keeps a note of it.';
export const toolSchema = {
  type: 'object',
  properties: { q: { type: 'string', description: 'What to look up' } },
  required: ['q'],
  additionalProperties: false,
} as const;

let notes = 0;

/** Writes a note, as a real tool would; times and process ids in the result are what makes two runs of the same agent differ. */
export function lookup(query: string): string {
  const { AGENT_FOLDER: folder } = process.env;
  if (folder) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `note-${process.pid}-${++notes}.txt`), query);
    appendFileSync(join(folder, 'lookups.log'), `${query}\n`);
  }
  dieOnce();
  return `found ${query} at ${new Date().toISOString()} pid: ${process.pid}`;
}

/** Killed inside a tool as by the system, once: AGENT_DIE_AT is the number of the look-up, AGENT_DIED the file that says it has. */
function dieOnce(): void {
  const { AGENT_DIE_AT: at, AGENT_DIED: died } = process.env;
  if (died === undefined || Number(at) !== notes || existsSync(died)) return;
  writeFileSync(died, 'once');
  process.kill(process.pid, 'SIGKILL');
}

/** Runs the agent; what it answers is the last line of the standard output. A failure ends it with status 1. */
export async function main(agent: () => Promise<string>): Promise<void> {
  const { AGENT_PID_FILE: file } = process.env;
  if (file) writeFileSync(file, String(process.pid));
  try {
    console.log(await agent());
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
