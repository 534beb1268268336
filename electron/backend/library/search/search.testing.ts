import { openFollowers } from '../followers/open-followers.ts';
import { searchInRun, searchRuns } from '../queries/search.ts';
import { openLibraryReader } from '../reader.ts';
import type { LibraryReader } from '../reader.ts';
import type { StepHit } from './run-hits.ts';
import { textIndex } from './text-index.ts';

/** A hit as the tests ask for it. */
export interface TestingHit extends StepHit {
  readonly runId: string;
}

/** Hits of all runs, newest run first, or of one. Not a test itself. */
export function hitsOf(
  reader: LibraryReader,
  query: string,
  { runId, limit = 100 }: { readonly runId?: string | undefined; readonly limit?: number } = {},
): readonly TestingHit[] {
  if (runId !== undefined) return searchInRun(reader, { runId, query, limit }).hits.map((hit) => ({ ...hit, runId }));
  return searchRuns(reader, { query, limit, perRun: 50 }).runs.flatMap(({ run, hits }) =>
    hits.map((hit) => ({ ...hit, runId: run.id })),
  );
}

/** The text index as its thread keeps it, and a reader that searches it. */
export interface TestingIndex {
  readonly reader: LibraryReader;
  indexNew(budgetMs: number): { readonly indexed: number; readonly remaining: boolean };
  search(query: string, options?: Parameters<typeof hitsOf>[2]): readonly TestingHit[];
  close(): void;
}

export function openSearchIndex(options: { readonly directory: string }): TestingIndex {
  const followers = openFollowers({ ...options, followers: [textIndex] });
  const reader = openLibraryReader(options);
  return {
    reader,
    indexNew(budgetMs) {
      followers.look();
      const { followed, next } = followers.work(budgetMs);
      const [problem] = followers.problems();
      if (problem !== undefined) throw new Error(problem);
      return { indexed: followed, remaining: next === 'more' };
    },
    search: (query, within) => hitsOf(reader, query, within),
    close() {
      reader.close();
      followers.close();
    },
  };
}
