import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CatalogueData } from './catalogue-data.ts';
import { largestCatalogue, readCatalogue } from './read-catalogue.ts';

const headSchema = z.object({
  retakePrices: z.literal(1),
  origin: z.enum(['file', 'download']),
  name: z.string().max(500),
  date: z.iso.date(),
  readAt: z.number(),
});

/** The user's own catalogue, as it is kept beside the library. */
export type KeptCatalogue = z.infer<typeof headSchema> & { readonly data: CatalogueData };

export const keptCatalogueFile = (libraryDirectory: string): string => join(libraryDirectory, 'prices.json');

export const isKeptCatalogueTooLarge = (bytes: number): boolean => bytes > largestCatalogue * 2;

/** Throws what is wrong with it. */
export function parseKeptCatalogue(bytes: Uint8Array): KeptCatalogue {
  const document: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  const head = headSchema.parse(document);
  const { providers } = z.object({ providers: z.array(z.unknown()) }).parse(document);
  return { ...head, data: readCatalogue(Buffer.from(JSON.stringify(providers)), head) };
}

let last: { readonly state: string; readonly data: CatalogueData | undefined } | undefined;

/**
 * The catalogue that the user of this library gave, for threads that only read; undefined: the one that comes with Retake is used. Read again
 * where the file is another. One that cannot be read is said by who opens the library, and not here.
 */
export function keptCatalogueOf(libraryDirectory: string): CatalogueData | undefined {
  const path = keptCatalogueFile(libraryDirectory);
  try {
    const { ino, size, mtimeMs } = statSync(path);
    const state = JSON.stringify([path, ino, size, mtimeMs]);
    if (last?.state !== state)
      last = { state, data: isKeptCatalogueTooLarge(size) ? undefined : parsed(readFileSync(path)) };
    return last.data;
  } catch {
    return undefined;
  }
}

function parsed(bytes: Uint8Array): CatalogueData | undefined {
  try {
    return parseKeptCatalogue(bytes).data;
  } catch {
    return undefined;
  }
}
