import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { budgetSchema, mostBudgets } from '../../../shared/model/budget.ts';
import { wordsOf } from '../../../shared/words-of.ts';
import { Refused } from '../base/faults.ts';

/** What holds for one day only; what is of another day is forgotten. */
const ofTodaySchema = z.object({
  id: z.string(),
  day: z.string(),
  /** Raised for the day, to so many US dollars. */
  usd: z.number().nonnegative().optional(),
  /** Calls without a price go on. */
  allowsUnpriced: z.boolean().optional(),
});

const budgetFileSchema = z.object({
  version: z.literal(1),
  budgets: z.array(budgetSchema).max(mostBudgets),
  today: z.array(ofTodaySchema).max(mostBudgets).default([]),
});
export type BudgetFile = Readonly<z.infer<typeof budgetFileSchema>>;
export type OfToday = BudgetFile['today'][number];

/** The budgets: `budgets.json` beside the library, so that they travel with it. Not in the settings, which a window writes as a whole. */
export interface BudgetStore {
  /** As the file is now: another process, or its owner by hand, may have changed it. Throws Refused where it cannot be read. */
  read(): Promise<BudgetFile>;
  /** Written before it resolves, one change after the other. */
  change(change: (file: BudgetFile) => BudgetFile): Promise<BudgetFile>;
}

const empty: BudgetFile = { version: 1, budgets: [], today: [] };

export function openBudgetStore(libraryDirectory: string): BudgetStore {
  const path = join(libraryDirectory, 'budgets.json');
  let known: { readonly stamp: string; readonly file: BudgetFile } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function stampOf(): Promise<string | undefined> {
    try {
      const { mtimeMs, size, ino } = await stat(path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw new Refused(`The budgets in ${path} cannot be read: ${wordsOf(error)}.`);
    }
  }

  async function read(): Promise<BudgetFile> {
    const stamp = await stampOf();
    if (stamp === undefined) return empty;
    if (known?.stamp !== stamp) known = { stamp, file: await parse(path) };
    return known.file;
  }

  async function write(next: BudgetFile): Promise<void> {
    const unfinished = `${path}.${process.pid}.new`;
    try {
      await mkdir(libraryDirectory, { recursive: true, mode: 0o700 });
      // A crash between the two leaves the old file whole.
      await writeFile(unfinished, `${JSON.stringify(next, undefined, 2)}\n`, { mode: 0o600 });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw new Refused(
        `The budgets could not be saved in ${path} (${wordsOf(error)}): they are as they were. Free some space, or make its folder writable.`,
      );
    }
  }

  async function changed(after: Promise<unknown>, change: (file: BudgetFile) => BudgetFile): Promise<BudgetFile> {
    await after;
    const before = await read();
    const changedFile = change(before);
    if (JSON.stringify(changedFile) !== JSON.stringify(before)) await write(changedFile);
    return changedFile;
  }

  return {
    read,
    change(change) {
      const done = changed(last, change);
      last = done.catch(() => undefined);
      return done;
    },
  };
}

/** A file that does not fit the schema is refused with its path and the fault; it is never overwritten unread. */
async function parse(path: string): Promise<BudgetFile> {
  try {
    return budgetFileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new Refused(
      `The budgets in ${path} cannot be read (${wordsOf(error)}). Correct the file or move it away: until then no call that costs something goes through the gateway.`,
    );
  }
}
