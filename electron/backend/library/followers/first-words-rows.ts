import { runRowTable } from './run-follower.ts';

/**
 * How the task of each run begins and what it came to, on one line each, for the list of runs: one row for a run that has either. Who makes
 * them is `read/first-words.ts`. The version is raised whenever the same library would give something else.
 */
export const firstWordsRows = runRowTable({
  id: 'first-words',
  version: 1,
  columns: { task: 'text', answer: 'text' },
});
