import type { Migration } from './migrate.ts';

/** The latest run of an agent, or of a name, before a moment: what a run is compared with (queries/previous-run.ts). */
export const earlierRuns: Migration = {
  version: 70,
  sql: `
CREATE INDEX run_earlier_by_agent ON run (agent, start_us, id) WHERE assembled = 1 AND llm_calls + tool_calls > 0;
CREATE INDEX run_earlier_by_name ON run (name, start_us, id) WHERE assembled = 1 AND llm_calls + tool_calls > 0;
`,
};
