import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asRecord, parseJson } from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';

/** Reading the session files that clients keep in the user's home: JSON lines, found by the session's id. */

/** Stands in a fork's command for the id of the session that it writes. */
export const newSession = 'newSession';

/** What a session that goes on is told. */
export const goOn = 'Continue.';

/** Longer sessions are not taken apart: a session of a day is some tens of megabytes. */
const largestSession = 512 * 1024 * 1024;

/** There is a session of this id, and no fork can be made of it: why, in words. */
export class NativeForkImpossible extends Error {
  override readonly name = 'NativeForkImpossible';
}

/** The home of the user whom the environment is of. */
export function homeOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['HOME'] ?? environment['USERPROFILE'] ?? homedir();
}

/** The first file that is wanted, at most `depth` folders down; of folders the last by name first. Undefined where there is none. */
export async function findFile(
  folder: string,
  depth: number,
  isWanted: (name: string) => boolean,
): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isFile() && isWanted(entry.name)) return join(folder, entry.name);
  if (depth === 0) return undefined;
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? 1 : -1))) {
    const found = entry.isDirectory() ? await findFile(join(folder, entry.name), depth - 1, isWanted) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Every line with what it says. Throws NativeForkImpossible for a file that is too large. */
export async function* rowsOf(
  file: string,
): AsyncGenerator<{ readonly line: string; readonly row: JsonRecord }, void, void> {
  const { size } = await stat(file);
  if (size > largestSession)
    throw new NativeForkImpossible(
      `The session file ${file} has ${Math.round(size / 1024 / 1024)} MB; sessions beyond ${largestSession / 1024 / 1024} MB are not taken apart.`,
    );
  for await (const line of createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  }))
    if (line !== '') yield { line, row: asRecord(parseJson(line)) };
}
