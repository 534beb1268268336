import { z } from 'zod';

/**
 * How a run of a take tree ended. held: Retake held one of its calls and nobody answered it. stopped: a person ended it. partial: it
 * went silent. ended: its emitter gave no status.
 */
export const takeOutcomeWordSchema = z.enum(['running', 'ok', 'failed', 'held', 'stopped', 'partial', 'ended']);
export type TakeOutcomeWord = z.infer<typeof takeOutcomeWordSchema>;

export const takeNodeSchema = z.object({
  runId: z.string(),
  /** Of all runs of the family by the time of their start, from 1. */
  number: z.number(),
  name: z.string(),
  startedAt: z.number(),
  durationMs: z.number().optional(),
  steps: z.number(),
  errors: z.number(),
  models: z.array(z.string()),
  costUsd: z.number().optional(),
  unpricedCalls: z.number(),
  parentRunId: z.string().optional(),
  /** False: its parent is not in this library, or there is none. */
  parentKnown: z.boolean(),
  /** The parent's step; the parent's number of steps where all of it is replayed. */
  forkStep: z.number().optional(),
  /** Its edits in words, an edit each; empty for a take that changes nothing. */
  changes: z.array(z.string()),
  outcome: takeOutcomeWordSchema,
  /** The first words of its last answer. */
  answer: z.string().optional(),
});
export type TakeNode = Readonly<z.infer<typeof takeNodeSchema>>;

/** Oldest first. */
export const takeTreeSchema = z.object({ takes: z.array(takeNodeSchema) });
export type TakeTree = Readonly<z.infer<typeof takeTreeSchema>>;
