import { runRowTable } from './run-follower.ts';

/**
 * What was found out about each run from its contexts: rows of several kinds (`kind`), each with its own JSON in `data`. Findings stand
 * under their own kind, so that the list of runs can be filtered by them; who makes and reads them is the room `analysis`.
 * The version is raised whenever the same library would give something else.
 */
export const findingRows = runRowTable({
  id: 'findings',
  version: 2,
  columns: { kind: 'text', data: 'text' },
  indexes: ['kind'],
});
