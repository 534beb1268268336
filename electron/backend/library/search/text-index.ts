import type { Follower } from '../followers/follower.ts';
import { SearchIndexer } from './search-indexer.ts';
import { searchTables } from './search-tables.ts';

/** The full-text index of everything that a user may look for. */
export const textIndex: Follower = {
  ...searchTables,
  label: 'the text index',
  start: ({ database, library }) => new SearchIndexer(database, library.database),
};
