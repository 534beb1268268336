import { z } from 'zod';

/**
 * Two runs compared: which step of the one is which step of the other, where they part, and in what a pair differs.
 * Steps are named by their index in the run's StepTable. Nothing is cut: what is folded says how much, and `full` fetches it.
 */

/** Differences that do not count while the rule is on; `electron/backend/diff/rules.ts` says how each one reads a text. */
export const ignoreRuleIds = [
  'ids',
  'times',
  'process-ids',
  'temporary-paths',
  'key-order',
  'white-space',
  'float-noise',
  'names',
] as const;
export const ignoreRuleIdSchema = z.enum(ignoreRuleIds);
export type IgnoreRuleId = z.infer<typeof ignoreRuleIdSchema>;

export const ignoreRuleSchema = z.object({
  id: ignoreRuleIdSchema,
  title: z.string(),
  detail: z.string(),
  on: z.boolean(),
});
export type IgnoreRule = Readonly<z.infer<typeof ignoreRuleSchema>>;

/** All rules are on at first. */
export const ignoreChoiceSchema = z.object({
  off: z.array(ignoreRuleIdSchema).max(ignoreRuleIds.length).default([]),
  /** The user's own: values under these keys of arguments, results and parameters are ignored, e.g. `request_id` or `meta.updated`. Text, never a pattern. */
  keys: z.array(z.string().min(1).max(200)).max(100).default([]),
});
export type IgnoreChoice = z.infer<typeof ignoreChoiceSchema>;

/**
 * changed: the same step with other content; moved: the same step at another place; retry: an attempt (or a repeat of a failed
 * call) that the other run did not need, absorbed; added / removed: only in b / only in a.
 */
export const pairStateSchema = z.enum(['same', 'changed', 'added', 'removed', 'moved', 'retry']);
export type PairState = z.infer<typeof pairStateSchema>;

/** In what the two steps of a pair differ; `input`: what the model saw, `output`: what it answered, `tools`: the tools it was offered. */
export const differenceSchema = z.enum([
  'input',
  'output',
  'arguments',
  'result',
  'model',
  'parameters',
  'tools',
  'error',
]);
export type Difference = z.infer<typeof differenceSchema>;

/** A sentence about two runs in pieces: each reader names the runs as it does elsewhere ("a", "A", "take 2"). */
export const runWordsSchema = z.array(z.union([z.string(), z.object({ run: z.enum(['a', 'b']) })]));
export type RunWords = z.infer<typeof runWordsSchema>;

export const stepPairSchema = z.object({
  a: z.number().int().nonnegative().optional(),
  b: z.number().int().nonnegative().optional(),
  state: pairStateSchema,
  differs: z.array(differenceSchema),
  /** 0 to 1: how sure it is that these two are the same step. 1 for pinned, shared and equal ones. */
  confidence: z.number(),
  /** Rules without which this pair would differ. Names of `ignoreRuleIds`, or `key:<name>` for the user's own. */
  ignored: z.array(z.string()),
  /** Position in `pairs` of the pair that this difference only follows from: no cause by itself. */
  cause: z.number().int().nonnegative().optional(),
  pinned: z.boolean().optional(),
  /** Known by the take tree. recording: both have it from one recorded step. fork: here one of the two was forked. */
  lineage: z.enum(['recording', 'fork']).optional(),
  /** What the takes changed here, e.g. "tool result of find_order edited in b". */
  edits: runWordsSchema.optional(),
});
export type StepPair = Readonly<z.infer<typeof stepPairSchema>>;

export function sayRuns(words: RunWords, names: { readonly a: string; readonly b: string }): string {
  return words.map((piece) => (typeof piece === 'string' ? piece : names[piece.run])).join('');
}

/** The earliest pair whose difference follows from no other. */
export const firstDivergenceSchema = z.object({
  /** Position in `pairs`. */
  pair: z.number().int().nonnegative(),
  a: z.number().int().nonnegative().optional(),
  b: z.number().int().nonnegative().optional(),
  what: z.enum([
    /** A take was changed here: by its own word, not by a guess from texts. */
    'edit',
    'answer',
    'arguments',
    'result',
    'context',
    'model',
    'parameters',
    'tools',
    'error',
    'added',
    'removed',
    'moved',
    'ended',
  ]),
  /** In words, e.g. "step 7: the model answered the same context with other tool arguments". Steps are named by their index, as on screen and by `retake show`. */
  reason: z.string(),
  /** `reason` with the runs to be named by the reader. */
  words: runWordsSchema,
});
export type FirstDivergence = Readonly<z.infer<typeof firstDivergenceSchema>>;

/** b minus a; absent where either is unknown. */
export const runDeltaSchema = z.object({
  steps: z.number(),
  input: z.number().optional(),
  output: z.number().optional(),
  cacheRead: z.number().optional(),
  costUsd: z.number().optional(),
  durationMs: z.number().optional(),
});
export type RunDelta = Readonly<z.infer<typeof runDeltaSchema>>;

export const alignmentSchema = z.object({
  rules: z.array(ignoreRuleSchema),
  delta: runDeltaSchema,
  firstDivergence: firstDivergenceSchema.optional(),
  /** In reading order: both runs' own order, what is only in a before what is only in b. Every step stands in exactly one pair; hidden ones are paired by name and place alone and never diverge. */
  pairs: z.array(stepPairSchema),
  /** Leading pairs that a take shares with its parent as recorded: equal by identity. */
  sharedPrefix: z.number(),
  /** What the comparison could not see, e.g. "The client of run a sent no message content". */
  notices: z.array(runWordsSchema),
  /** Present when `patienceMs` ended first: steps whose content was read so far. The others are compared by kind, name and calls; asked again, the reading goes on. */
  reading: z.object({ read: z.number(), of: z.number() }).optional(),
});
export type Alignment = Readonly<z.infer<typeof alignmentSchema>>;

/** One line of a text difference. `marks`: [from, to) character ranges of `text` that differ within the line. */
export const diffLineSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('same'), text: z.string() }),
  z.object({ op: z.literal('removed'), text: z.string(), marks: z.array(z.tuple([z.number(), z.number()])) }),
  z.object({ op: z.literal('added'), text: z.string(), marks: z.array(z.tuple([z.number(), z.number()])) }),
  /** So many equal lines are folded; ask again with `full`. */
  z.object({ op: z.literal('folded'), lines: z.number() }),
]);
export type DiffLine = Readonly<z.infer<typeof diffLineSchema>>;

/** A difference inside JSON: `path` as in `items[2].price`, empty for the whole; values as JSON text. */
export const structureChangeSchema = z.object({
  path: z.string(),
  change: z.enum(['added', 'removed', 'changed']),
  before: z.string().optional(),
  after: z.string().optional(),
});
export type StructureChange = Readonly<z.infer<typeof structureChangeSchema>>;

/** One text on both sides: a part of a message, arguments, a result. JSON is compared as structure and shown one key per line. */
export const diffBlockSchema = z.object({
  /** e.g. "assistant · text", "tool call · edit_file · arguments". */
  title: z.string(),
  part: z.enum([
    'text',
    'reasoning',
    'tool_call',
    'tool_result',
    'media',
    'unknown',
    'arguments',
    'result',
    'error',
    'definition',
  ]),
  role: z.string().optional(),
  /** Tool name, where there is one. */
  name: z.string().optional(),
  /** ignored: equal but for what the rules ignore. */
  change: z.enum(['same', 'ignored', 'changed', 'added', 'removed']),
  removedLines: z.number(),
  addedLines: z.number(),
  lines: z.array(diffLineSchema),
  /** Present when both sides are JSON. */
  structure: z.array(structureChangeSchema).optional(),
  /** words: differing words are marked; lines: the time budget ended first, so whole lines are shown as replaced. Never cut either way. */
  detail: z.enum(['words', 'lines']),
});
export type DiffBlock = Readonly<z.infer<typeof diffBlockSchema>>;

/** A named value on both sides: a parameter or an attribute. */
export const namedChangeSchema = z.object({
  name: z.string(),
  change: z.enum(['same', 'ignored', 'changed', 'added', 'removed']),
  a: z.string().optional(),
  b: z.string().optional(),
});
export type NamedChange = Readonly<z.infer<typeof namedChangeSchema>>;

export const contextCountSchema = z.object({
  /** Messages the model saw. */
  messages: z.number(),
  /** Of these, what its previous llm step had not seen or said. */
  fresh: z.number(),
  tokens: z.number().optional(),
});

export const pairDifferenceSchema = z.object({
  a: z.object({ runId: z.string(), index: z.number() }).optional(),
  b: z.object({ runId: z.string(), index: z.number() }).optional(),
  differs: z.array(differenceSchema),
  ignored: z.array(z.string()),
  input: z.object({
    /** The whole context is equal, rules applied. */
    same: z.boolean(),
    /** Leading messages that are equal in both whole contexts. */
    shared: z.number(),
    /** All in which the contexts differ is in `blocks`; false: they part in an earlier step, which has it. */
    isAllTold: z.boolean(),
    a: contextCountSchema.optional(),
    b: contextCountSchema.optional(),
    /** What was new to each side's step; where the contexts part further back and only one of the two was rewritten there, all that differs from there on. With `full`, the whole contexts. */
    blocks: z.array(diffBlockSchema),
  }),
  output: z.array(diffBlockSchema),
  arguments: diffBlockSchema.optional(),
  result: diffBlockSchema.optional(),
  error: diffBlockSchema.optional(),
  model: z.object({ a: z.string().optional(), b: z.string().optional() }),
  parameters: z.array(namedChangeSchema),
  /** Tool definitions that differ. */
  tools: z.array(diffBlockSchema),
  /** Values longer than the attribute list's limit are compared whole and shown to that limit; `steps.attribute` gives the rest. */
  attributes: z.array(namedChangeSchema),
  notices: z.array(runWordsSchema),
});
export type PairDifference = Readonly<z.infer<typeof pairDifferenceSchema>>;

/** Spread of one figure over the runs that have it. */
export const spreadSchema = z.object({
  known: z.number(),
  min: z.number(),
  median: z.number(),
  mean: z.number(),
  max: z.number(),
  standardDeviation: z.number(),
});
export type Spread = Readonly<z.infer<typeof spreadSchema>>;

export const matrixSchema = z.object({
  rules: z.array(ignoreRuleSchema),
  /** Columns, in the order asked for; the first is what the others are aligned with. */
  runs: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      agent: z.string().optional(),
      status: z.string(),
      outcome: z.enum(['succeeded', 'failed', 'unknown']),
      steps: z.number(),
      llmCalls: z.number(),
      toolCalls: z.number(),
      errors: z.number(),
      models: z.array(z.string()),
      input: z.number().optional(),
      output: z.number().optional(),
      cacheRead: z.number().optional(),
      costUsd: z.number().optional(),
      unpricedCalls: z.number(),
      durationMs: z.number().optional(),
    }),
  ),
  rows: z.array(
    z.object({
      kind: z.string(),
      name: z.string(),
      depth: z.number(),
      /** One per run; absent: this run has no such step. Equal `class` = equal content, 0 = as in most runs. */
      cells: z.array(z.object({ index: z.number(), class: z.number(), status: z.string() }).nullable()),
    }),
  ),
  statistics: z.object({
    runs: z.number(),
    succeeded: z.number(),
    failed: z.number(),
    unknown: z.number(),
    costUsd: spreadSchema.optional(),
    durationMs: spreadSchema.optional(),
    steps: spreadSchema.optional(),
    input: spreadSchema.optional(),
    output: spreadSchema.optional(),
  }),
  notices: z.array(z.string()),
});
export type Matrix = Readonly<z.infer<typeof matrixSchema>>;
export const maximumMatrixRuns = 50;
