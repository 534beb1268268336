import { runRowTable } from './run-follower.ts';

/**
 * What was found out about each run from its contexts: rows of several kinds (`kind`), each with its own JSON in `data`. Findings stand
 * under their own kind, so that the list of runs can be filtered by them; what a run holds thousands of stands in pieces: `at` is the place
 * of a piece's first one, `first_call` and `last_call` are the calls that it reaches over. Who makes and reads them is the room `analysis`.
 * The version is raised whenever the same library would give something else.
 */
export const findingRows = runRowTable({
  id: 'findings',
  version: 3,
  columns: { kind: 'text', at: 'integer', first_call: 'integer', last_call: 'integer', data: 'text' },
  indexes: ['kind'],
});
