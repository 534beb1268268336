import { hash } from 'node:crypto';

/**
 * What a run's row says of it, as it was assembled. Of 1,200 single flipped bits of a library two were another figure in the list, and nothing
 * said so. Marks, labels and counts that change between assemblies are not in it; ids stand in an index too, which SQLite's own check compares.
 */
const digested = [
  'trace_ids',
  'own_name',
  'agent',
  'service',
  'environment',
  'user_id',
  'status',
  'start_us',
  'duration_us',
  'steps',
  'shown_steps',
  'llm_calls',
  'tool_calls',
  'errors',
  'usage',
  'cost_usd',
  'unpriced_calls',
  'models',
  'conventions',
  'notices',
  'context_growth',
  'conversation_id',
  'fork_step',
] as const;

type DigestedRow = Readonly<Record<(typeof digested)[number], unknown>>;

type ReadRow = DigestedRow & {
  readonly name: string;
  readonly given_name: string | null;
  readonly digest: Buffer | null;
};

export const runDigest = (row: DigestedRow): Buffer =>
  hash('sha256', JSON.stringify(digested.map((column) => row[column])), 'buffer').subarray(0, 8);

/** True for a row of before digests. */
export const hasItsDigest = (row: ReadRow): boolean =>
  row.digest === null ||
  (Buffer.isBuffer(row.digest) && row.digest.equals(runDigest(row)) && row.name === (row.given_name ?? row.own_name));
