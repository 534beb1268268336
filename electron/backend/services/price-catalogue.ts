import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueChanges, CatalogueState } from '../../../shared/model/prices.ts';
import { wordsOf } from '../../../shared/words-of.ts';
import { Refused } from '../base/faults.ts';
import {
  catalogueAddress,
  catalogueChanges,
  catalogueCounts,
  isKeptCatalogueTooLarge,
  keptCatalogueFile,
  largestCatalogue,
  packagedCatalogue,
  parseKeptCatalogue,
  readCatalogue,
} from '../pricing/pricing.ts';
import type { CatalogueData, KeptCatalogue } from '../pricing/pricing.ts';

/**
 * The catalogue of prices that is used: the one that comes with Retake, or a newer one that the user gave or asked for. It lies in
 * `prices.json` beside the library, so that it travels with it, and the one before it in `prices-before.json`.
 */
export interface PriceCatalogue {
  /** Undefined: the one that comes with Retake. */
  data(): CatalogueData | undefined;
  state(): CatalogueState;
  /** Takes this one from now on. Throws Refused where it is none, or cannot be kept; all stays as it was then. */
  take(file: { readonly name: string; readonly bytes: Uint8Array; readonly date: string }): Promise<CatalogueChanges>;
  /** Asks the one fixed address for the newest, and takes it. Nothing else of Retake asks for prices, and nothing but the user calls this. */
  download(): Promise<CatalogueChanges>;
  /** The one before again; without one, that which comes with Retake. */
  goBack(): Promise<CatalogueChanges>;
}

const patienceMs = 60_000;

/** A file that cannot be read is refused with its path and the fault; it is never overwritten unread. */
export async function openPriceCatalogue(
  libraryDirectory: string,
  { nowMs, fetch }: { readonly nowMs: () => number; readonly fetch: typeof globalThis.fetch },
): Promise<PriceCatalogue> {
  const path = keptCatalogueFile(libraryDirectory);
  const beforePath = join(libraryDirectory, 'prices-before.json');
  let kept = await readKept(path);
  let before = await readKept(beforePath);

  async function write(to: string, { data, ...head }: KeptCatalogue): Promise<void> {
    try {
      await writeFile(`${to}.new`, `${JSON.stringify({ ...head, providers: data.providers })}\n`, { mode: 0o600 });
      await rename(`${to}.new`, to);
    } catch (error) {
      await rm(`${to}.new`, { force: true }).catch(() => undefined);
      throw new Refused(
        `The prices could not be kept in ${to} (${wordsOf(error)}): they are as they were. Free some space, or make its folder writable.`,
      );
    }
  }

  async function put(next: KeptCatalogue): Promise<CatalogueChanges> {
    const was = kept?.data ?? packagedCatalogue;
    const changes = catalogueChanges(was, next.data);
    if (next.data.id === kept?.data.id) return changes;
    // Killed in between, the one before is the one that is used: going back then changes nothing.
    if (kept !== undefined) await write(beforePath, kept);
    await write(path, next);
    before = kept;
    kept = next;
    return changes;
  }

  function taken(origin: KeptCatalogue['origin'], name: string, date: string, bytes: Uint8Array): KeptCatalogue {
    const data = keptIs(() => readCatalogue(bytes, { name: nameOf(origin, name), date }), kept);
    return { retakePrices: 1, origin, name: data.name, date, readAt: nowMs(), data };
  }

  return {
    data: () => kept?.data,
    state() {
      const data = kept?.data ?? packagedCatalogue;
      const fallback = before?.data ?? packagedCatalogue;
      return {
        name: data.name,
        date: data.date,
        origin: kept?.origin ?? 'packaged',
        ...(kept === undefined ? {} : { readAt: kept.readAt, before: { name: fallback.name, date: fallback.date } }),
        ...catalogueCounts(data),
        ...(kept === undefined || kept.date >= packagedCatalogue.date
          ? {}
          : { newer: { name: packagedCatalogue.name, date: packagedCatalogue.date } }),
      };
    },
    take: async ({ name, bytes, date }) => put(taken('file', name, date, bytes)),
    async download() {
      const bytes = await downloaded(fetch);
      return put(taken('download', catalogueAddress, isoDay(nowMs()), bytes));
    },
    async goBack() {
      if (kept === undefined)
        throw new Refused('The prices are those that come with Retake already: there is nothing to go back to.');
      const was = kept.data;
      if (before === undefined) await rm(path, { force: true });
      else {
        await write(path, before);
        await rm(beforePath, { force: true });
      }
      kept = before;
      before = undefined;
      return catalogueChanges(was, kept?.data ?? packagedCatalogue);
    },
  };
}

/** Prices carry no date of their own: a download is of its day. */
export const isoDay = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

function nameOf(origin: KeptCatalogue['origin'], name: string): string {
  return origin === 'download'
    ? 'genai-prices, downloaded'
    : name.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ').slice(0, 200);
}

/** What is refused is said with what stays. */
function keptIs<T>(work: () => T, kept: KeptCatalogue | undefined): T {
  try {
    return work();
  } catch (error) {
    const { name, date } = kept?.data ?? packagedCatalogue;
    throw error instanceof Refused
      ? new Refused(`${error.message} Nothing was changed: the prices stay those of ${date} (${name}).`)
      : error;
  }
}

async function readKept(path: string): Promise<KeptCatalogue | undefined> {
  const bytes = await stat(path).then(
    ({ size }) => (isKeptCatalogueTooLarge(size) ? undefined : readFile(path)),
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'none' as const;
      throw error;
    },
  );
  if (bytes === 'none') return undefined;
  try {
    if (bytes === undefined) throw new Error('it is too large');
    return parseKeptCatalogue(bytes);
  } catch (error) {
    throw new Refused(
      `The prices in ${path} cannot be read (${wordsOf(error)}). Correct the file or move it away, then start Retake again.`,
    );
  }
}

/** Bounded in size and time, from the fixed address and no other that it might name. */
async function downloaded(fetch: typeof globalThis.fetch): Promise<Uint8Array> {
  const failed = (what: string): Refused =>
    new Refused(
      `No newer prices could be had from ${catalogueAddress} (${what}). Nothing was changed. A file of them can be taken by hand.`,
    );
  try {
    const response = await fetch(catalogueAddress, {
      redirect: 'error',
      credentials: 'omit',
      signal: AbortSignal.timeout(patienceMs),
    });
    if (!response.ok || response.body === null) throw failed(`it answered ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > largestCatalogue) throw failed(`it answered with more than ${largestCatalogue / 1e6} MB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    // Of Node's "fetch failed" its cause says what failed.
    throw error instanceof Refused
      ? error
      : failed(wordsOf(error instanceof Error && error.cause instanceof Error ? error.cause : error));
  }
}
