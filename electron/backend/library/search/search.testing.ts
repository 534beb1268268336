import { openFollowers } from '../followers/open-followers.ts';
import type { TextSearch } from './search.ts';
import { openTextSearch } from './search.ts';
import { textIndex } from './text-index.ts';

/** The text index as its thread keeps and searches it. Not a test itself. */
export interface TestingIndex extends TextSearch {
  indexNew(budgetMs: number): { readonly indexed: number; readonly remaining: boolean };
}

export function openSearchIndex(options: { readonly directory: string }): TestingIndex {
  const followers = openFollowers({ ...options, followers: [textIndex] });
  const text = openTextSearch(options);
  return {
    indexNew(budgetMs) {
      followers.look();
      const { followed, next } = followers.work(budgetMs);
      const [problem] = followers.problems();
      if (problem !== undefined) throw new Error(problem);
      return { indexed: followed, remaining: next === 'more' };
    },
    search: (query, within) => text.search(query, within),
    close() {
      text.close();
      followers.close();
    },
  };
}
