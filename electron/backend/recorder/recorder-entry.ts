import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** How the process that holds a library is reached by others of the same user. */
export const recorderEntrySchema = z.object({
  version: z.literal(1),
  url: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/),
  token: z.string().regex(/^[0-9a-f]{32}$/),
  pid: z.int().positive(),
});
export type RecorderEntry = Readonly<z.infer<typeof recorderEntrySchema>>;

const pathOf = (libraryDirectory: string): string => join(libraryDirectory, 'recorder.json');

/** Only this user may read it: its token lets a program write recordings. */
export async function publishEntry(libraryDirectory: string, entry: RecorderEntry): Promise<void> {
  const path = pathOf(libraryDirectory);
  const fresh = `${path}.${process.pid}`;
  await rm(fresh, { force: true });
  await writeFile(fresh, JSON.stringify(entry), { mode: 0o600, flag: 'wx' });
  await rename(fresh, path);
}

/** Undefined where there is none, or one that cannot be read. */
export async function readEntry(libraryDirectory: string): Promise<RecorderEntry | undefined> {
  try {
    return recorderEntrySchema.safeParse(JSON.parse(await readFile(pathOf(libraryDirectory), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Takes the entry away, unless another process has put its own there. */
export async function withdrawEntry(libraryDirectory: string, token: string): Promise<void> {
  if ((await readEntry(libraryDirectory))?.token === token) await rm(pathOf(libraryDirectory), { force: true });
}
