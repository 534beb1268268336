import { z } from 'zod';
import { cacheCauseSchema } from './context-lens.ts';
import { editSchema } from './edit.ts';

/** What can be found in a run without a model. */
export const findingKinds = [
  'repeat',
  'failed-repeat',
  'carried-unused',
  'cache-lost',
  'tools-never-called',
  'waited',
  'near-limit',
  'dominates',
  'credential',
] as const;
export const findingKindSchema = z.enum(findingKinds);
export type FindingKind = z.infer<typeof findingKindSchema>;

const text = z.string();
const count = z.number();

export const findingFactsSchema = z.discriminatedUnion('kind', [
  /** A round of `calls` tool calls, made `times` times with the same results; `total` calls were made in it. */
  z.object({ kind: z.literal('repeat'), calls: z.array(text), times: count, result: text }),
  z.object({ kind: z.literal('failed-repeat'), call: text, times: count, error: text }),
  z.object({
    kind: z.literal('carried-unused'),
    label: text,
    preview: text,
    tokens: count,
    /** Calls that carried it after the first that saw it. */
    calls: count,
    /** Of all input of the run. */
    share: count,
  }),
  /** `times` drops of one kind; what is said of the first. */
  z.object({
    kind: z.literal('cache-lost'),
    times: count,
    expected: count,
    matched: count,
    tokens: count,
    cause: cacheCauseSchema,
  }),
  z.object({
    kind: z.literal('tools-never-called'),
    names: z.array(text),
    offered: count,
    tokens: count,
    calls: count,
  }),
  z.object({
    kind: z.literal('waited'),
    on: z.enum(['model', 'tool', 'framework', 'person']),
    ms: count,
    ofMs: count,
    name: text,
  }),
  z.object({ kind: z.literal('near-limit'), tokens: count, window: count, overflowed: z.boolean(), model: text }),
  z.object({ kind: z.literal('dominates'), of: z.enum(['cost', 'tokens']), share: count, name: text }),
  /** `what`: as whose key it looks; `where`: what holds it; the key itself is in none of them. */
  z.object({ kind: z.literal('credential'), what: text, where: text, begins: text, places: count }),
]);
export type FindingFacts = Readonly<z.infer<typeof findingFactsSchema>>;

/** The money at stake with its arithmetic: one line a step. Unknown is not zero. */
export const findingMoneySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('known'),
    usd: count,
    /** Some of the calls have no price: it is at least that. */
    atLeast: z.boolean(),
    estimated: z.boolean(),
    lines: z.array(z.object({ step: count, tokens: count.optional(), usd: count })),
    /** Lines beyond those listed. */
    more: count,
  }),
  z.object({ kind: z.literal('unknown'), why: text }),
  z.object({ kind: z.literal('none') }),
]);
export type FindingMoney = Readonly<z.infer<typeof findingMoneySchema>>;

export const findingSchema = z.object({
  facts: findingFactsSchema,
  /** In run order; the first `maximumFindingSteps` of `stepCount`. */
  steps: z.array(count),
  stepCount: count,
  money: findingMoneySchema,
  /** The step that a take without it goes live from. Absent: there is none. */
  takeFrom: count.optional(),
});
export type Finding = Readonly<z.infer<typeof findingSchema>>;
export const maximumFindingSteps = 50;

/** Where the time of a run went. They add up to `totalMs`: what is at work on the model's side counts first, then a tool. */
export const timeSpentSchema = z.object({
  totalMs: count,
  modelMs: count,
  toolMs: count,
  personMs: count,
  frameworkMs: count,
  /** Between an answer that asked for tools and the next call, where the tools have no times of their own: theirs or the program's. */
  untimedMs: count,
  /** Stretches of a minute and more in which nothing in the trace ran: mostly, someone was waited for. */
  idleMs: count,
});
export type TimeSpent = Readonly<z.infer<typeof timeSpentSchema>>;

export const findingsSchema = z.object({
  /** It was not looked at since it changed last, or is being looked at: ask again. */
  behind: z.boolean(),
  findings: z.array(findingSchema),
  /** Absent where the file has no times. */
  time: timeSpentSchema.optional(),
  /** What could not be looked at, in words. */
  notes: z.array(text),
});
export type Findings = Readonly<z.infer<typeof findingsSchema>>;

/** The change that a take without a finding begins with. `append`: a message behind the last. */
export const preparedChangeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('edit'), edit: editSchema }),
  z.object({ type: z.literal('append'), text }),
]);
export const preparedTakeSchema = z.object({
  fromStep: count,
  changes: z.array(preparedChangeSchema),
  /** What stands prepared, or why nothing is. */
  words: text,
});
export type PreparedTake = Readonly<z.infer<typeof preparedTakeSchema>>;
