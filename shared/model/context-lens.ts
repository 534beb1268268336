import { z } from 'zod';

/** What a model saw, by what it is. `unseen`: reported tokens of which the trace has no content. */
export const contextCategories = [
  'system',
  'tools',
  'user',
  'assistant',
  'reasoning',
  'tool_results',
  'media',
  'other',
  'unseen',
] as const;
export const contextCategorySchema = z.enum(contextCategories);
export type ContextCategory = z.infer<typeof contextCategorySchema>;

/**
 * Where a count comes from. `measured`: the difference between two reported counts, which nothing else had a part in; `split`: such a
 * difference, divided among several by their length; `estimated`: by length, fitted to the reported input of its call where there is one.
 */
export const tokenSourceSchema = z.enum(['measured', 'split', 'estimated']);
export type TokenSource = z.infer<typeof tokenSourceSchema>;

const text = z.string();

/** Where two requests part: the byte within the first part that differs, and what stands there in each. */
const differenceSchema = z.object({
  label: text,
  /** Bytes of UTF-8 that are the same, from the beginning of that part. */
  byte: z.number(),
  before: text,
  after: text,
});
export type ContextDifference = Readonly<z.infer<typeof differenceSchema>>;

export const cacheCauseSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('model'), from: text, to: text }),
  z.object({ kind: z.literal('tools'), added: z.array(text), removed: z.array(text), difference: differenceSchema }),
  z.object({ kind: z.literal('system'), difference: differenceSchema }),
  /** `how`: a message was changed in place, taken out, or another was put before what follows. */
  z.object({
    kind: z.literal('message'),
    how: z.enum(['changed', 'removed', 'inserted']),
    difference: differenceSchema,
  }),
  z.object({ kind: z.literal('compaction') }),
  z.object({ kind: z.literal('parameters'), name: text }),
  /** What is in the trace is the same, and it came later than the cache keeps it. */
  z.object({ kind: z.literal('timeout'), gapMs: z.number(), keptMs: z.number() }),
  /** What is in the trace is the same, and it came in time: the provider did not find it. */
  z.object({ kind: z.literal('provider'), gapMs: z.number() }),
  /** The trace does not hold what would tell. */
  z.object({ kind: z.literal('unknown'), why: text }),
]);
export type CacheCause = Readonly<z.infer<typeof cacheCauseSchema>>;

/** What a provider said of its cache when it was asked: its own word, and about how many tokens it could not read from it. */
export const providerDiagnosisSchema = z.object({
  reason: text.max(200),
  missedTokens: z.number().nonnegative().optional(),
});
export type ProviderDiagnosis = Readonly<z.infer<typeof providerDiagnosisSchema>>;

export const cacheDropSchema = z.object({
  /** The llm step before it in its conversation. */
  previous: z.number(),
  /** Tokens that stood in the cache after that step, and those that were read from it now. */
  expected: z.number(),
  matched: z.number(),
  cause: cacheCauseSchema,
  /** What the lost tokens cost more than reading them would have; absent where there is no price. */
  usd: z.number().optional(),
});
export type CacheDrop = Readonly<z.infer<typeof cacheDropSchema>>;

/** One call of a model: what its context was made of, in tokens by category (`contextCategories`), adding up to `total`. */
export const contextCallSchema = z.object({
  step: z.number(),
  /** Calls with the same number go on from each other. */
  conversation: z.number(),
  model: text.optional(),
  total: z.number(),
  /** Whether `total` is what the client reported; otherwise it is an estimate by length. */
  reported: z.boolean(),
  /** What the counted tokens are multiplied with to add up to `total`: 1 where they do by themselves. */
  scale: z.number(),
  categories: z.array(z.number()),
  cacheRead: z.number().optional(),
  cacheWrite: z.number().optional(),
  /** Tokens that the model can take, where the price catalogue knows. */
  window: z.number().optional(),
  costUsd: z.number().optional(),
  /** Items of the call before that are not carried any more, where they are more than a tenth of it. */
  lost: z.object({ items: z.array(z.number()), tokens: z.number(), compaction: z.boolean() }).optional(),
  drop: cacheDropSchema.optional(),
  /** Of a live call of a take whose provider was asked. */
  diagnosis: providerDiagnosisSchema.optional(),
});
export type ContextCall = Readonly<z.infer<typeof contextCallSchema>>;

/** A part of a context, and the calls that carried it. */
export const contextItemSchema = z.object({
  category: contextCategorySchema,
  /** Name of the tool, role of the message. */
  label: text,
  /** How it begins, on one line. */
  preview: text,
  /** The step that made it: the tool, or the model whose answer it is. Absent: it came from outside. */
  origin: z.number().optional(),
  /** The llm step that saw it first. */
  entered: z.number(),
  tokens: z.number(),
  tokensFrom: tokenSourceSchema,
  /** First and last position among the calls, in pairs. */
  spans: z.array(z.number()),
  sent: z.number(),
  /** Its tokens in all calls that carried it, fitted to what each of them reported. */
  carried: z.number(),
  /** What carrying it cost: its tokens, times each call that carried it, at what was paid there. Absent: no call had a price. */
  rentUsd: z.number().optional(),
  /** Calls that carried it and have no price: `rentUsd` is then "at least". */
  unpriced: z.number(),
});
export type ContextItem = Readonly<z.infer<typeof contextItemSchema>>;

/** A bar of the growth: one call, or the largest of several that lie side by side; the call that is asked about is always one. */
export const growthBarSchema = z.object({
  call: contextCallSchema,
  /** One of its calls lost the cache, or parts. */
  hasDrop: z.boolean(),
  hasLoss: z.boolean(),
  isSelected: z.boolean(),
});
export type GrowthBar = Readonly<z.infer<typeof growthBarSchema>>;

/** What is told of one call of a run: as much as a screen shows, however long the run. */
export const contextLensSchema = z.object({
  /** The run was not looked at since it changed last, or is being looked at: ask again. */
  behind: z.boolean(),
  /** The call that the step belongs to: itself, else the first behind it, else the last. Absent: no model answered. */
  call: contextCallSchema.optional(),
  /** Input of all calls of its conversation, and how many conversations the run has. */
  conversationInput: z.number(),
  conversations: z.number(),
  bars: z.array(growthBarSchema),
  /** Other steps of the run that lost a cache; the first of `dropCount`. */
  drops: z.array(z.number()),
  dropCount: z.number(),
  /** What the call carried, and what it does not carry any more. */
  items: z.array(contextItemSchema),
  lostItems: z.array(contextItemSchema),
  /** What was left out, in words. */
  notes: z.array(text),
});
export type ContextLens = Readonly<z.infer<typeof contextLensSchema>>;
