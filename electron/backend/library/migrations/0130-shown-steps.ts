import type { Migration } from './migrate.ts';

/**
 * How many steps of a run stand on the screen: hidden ones (wrappers, copies of calls) are folded there, and counted nowhere. `steps` is how
 * many there are at all, which is what their numbers go up to.
 */
export const shownSteps: Migration = {
  version: 130,
  sql: `
ALTER TABLE run ADD COLUMN shown_steps INTEGER NOT NULL DEFAULT 0;
UPDATE run SET shown_steps = counted.n FROM (SELECT run, count(*) AS n FROM step WHERE hidden = 0 GROUP BY run) AS counted WHERE counted.run = run.id;
DROP INDEX run_by_steps;
CREATE INDEX run_by_shown_steps ON run (shown_steps, id) WHERE assembled = 1;
`,
};
