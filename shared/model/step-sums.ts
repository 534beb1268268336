import { z } from 'zod';

const figures = {
  steps: z.number(),
  /** Of them, failed. */
  errors: z.number(),
  /** Milliseconds that the steps took themselves, without those inside them; steps at the same time add up. */
  timeMs: z.number(),
  /** Tokens, counted once (own usage). */
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  /** Absent: nothing of it has a price. */
  costUsd: z.number().optional(),
  /** Model calls without a price: `costUsd` is then "at least". */
  unpriced: z.number(),
};

const sumSchema = z.object({ name: z.string(), ...figures });
export type StepSum = Readonly<z.infer<typeof sumSchema>>;

export const stepSumsSchema = z.object({
  total: z.object(figures),
  /** Steps that lie in the span of time only in part: their tokens and money count whole, their time as far as it lies in it. */
  cut: z.number(),
  /** Each largest first, by money, then by time. */
  kinds: z.array(sumSchema),
  models: z.array(sumSchema),
  /** Money and tokens of a tool: those of the model calls inside of it. */
  tools: z.array(sumSchema),
  agents: z.array(sumSchema),
  /** The steps that cost or took most. */
  steps: z.array(sumSchema.extend({ index: z.number() })),
});
export type StepSums = Readonly<z.infer<typeof stepSumsSchema>>;
export const mostSummedSteps = 50;
