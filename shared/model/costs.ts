import { z } from 'zod';
import { redactionCountsSchema, redactionSchema } from './redaction.ts';

/** What spend can be grouped by. `tool`: the tools whose results a call was made to read; `tier`: synchronous, batch, flex, priority. */
export const costDimensions = [
  'model',
  'provider',
  'agent',
  'tool',
  'step',
  'tier',
  'run',
  'conversation',
  'service',
  'environment',
  'user',
  'status',
  'day',
] as const;
export const costDimensionSchema = z.enum(costDimensions);
export type CostDimension = z.infer<typeof costDimensionSchema>;

/** What spend is asked for by: a dimension, or the values of an attribute of the calls, of what they were made in, or of their resource. */
const attributePrefix = 'attribute:';
export const costBySchema = z.union([
  costDimensionSchema,
  z.templateLiteral([attributePrefix, z.string().min(1).max(200)]),
]);
export type CostBy = z.infer<typeof costBySchema>;

export const byAttribute = (key: string): CostBy => `${attributePrefix}${key}`;

/** undefined: it is none of an attribute. */
export function attributeOf(by: string): string | undefined {
  return by.startsWith(attributePrefix) ? by.slice(attributePrefix.length) : undefined;
}

export const longestAttributeValue = 200;

/** What the last word of a key says to be one call's own: what was said, counted and timed in it, and its number. */
const ownWords: ReadonlySet<string> = new Set(
  'message messages content contents text body arguments args parameters result results input output inputs outputs prompt prompts completion completions tokens token_count cost duration duration_ms latency latency_ms time timestamp start_time end_time time_to_first_token ttft ttft_ms'.split(
    ' ',
  ),
);
const ownKey =
  /(?:^|[._])(?:usage|token_count|tokens)(?:[._]|$)|(?:^|\.)\d+(?:\.|$)|(?:^|\.)(?:input|output)\.(?:value|mime_type)$|(?:response|request|message|generation|completion|call|span|trace|observation|event)[._]?id$/;

/** Whether an attribute holds what each call has of its own: there are no groups by it, and none are kept. */
export function isCallsOwn(key: string): boolean {
  return ownKey.test(key) || ownWords.has(key.slice(key.lastIndexOf('.') + 1));
}

/** So many values of one attribute in one run have a group each; what is beyond is one. */
export const mostValuesPerRun = 200;
export const furtherValues = `further values (more than ${mostValuesPerRun} in one run)`;

/** Columns that the groups are sorted by. */
export const costSortKeys = ['name', 'calls', 'input', 'cached', 'output', 'p50', 'p95', 'failed', 'cost'] as const;
export const costSortSchema = z.enum(costSortKeys);
export type CostSort = z.infer<typeof costSortSchema>;

/** Which calls. A list that is empty chooses nothing, and so filters nothing. */
export const costFilterSchema = z.object({
  /** The last so many days (UTC), today included; absent: all, also those of files without times. */
  days: z.number().int().min(1).max(36_500).optional(),
  agents: z.array(z.string().max(1_000)).max(1_000).optional(),
  models: z.array(z.string().max(1_000)).max(1_000).optional(),
});
export type CostFilter = Readonly<z.infer<typeof costFilterSchema>>;

/**
 * Sums over model calls. Money in whole nano-dollars, so that groups add up to their total exactly; what has no price is in none of it and
 * counted in `unpriced`.
 */
export const costFiguresSchema = z.object({
  /** Tried; of these answered, failed, with a price, without one. */
  attempts: z.number(),
  calls: z.number(),
  failed: z.number(),
  priced: z.number(),
  unpriced: z.number(),
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  cacheWrite: z.number(),
  cacheWrite1h: z.number(),
  reasoning: z.number(),
  costNanoUsd: z.number(),
  /** The same tokens with none of them cached. */
  uncachedNanoUsd: z.number(),
  /** Input that its thread had been sent or had said before, and that did not come from the cache: an estimate by counts. */
  resent: z.number(),
  resentNanoUsd: z.number(),
  /** What was answered from recordings, and would have cost. */
  sparedNanoUsd: z.number(),
  durationMs: z.number(),
});
export type CostFigures = Readonly<z.infer<typeof costFiguresSchema>>;

/** How long half of the calls, and 95 of 100, took at most, within 4 %; absent where no call says when it ended. */
export const callTimesSchema = z.object({ p50Ms: z.number().optional(), p95Ms: z.number().optional() });
export type CallTimes = Readonly<z.infer<typeof callTimesSchema>>;

export const costGroupSchema = z.object({
  /** The value; absent: calls that have none. Of runs the id, of days the ISO day. */
  key: z.string().optional(),
  /** In place of the key, for people: the name of a run. */
  name: z.string().optional(),
  figures: costFiguresSchema,
  times: callTimesSchema,
});
export type CostGroup = Readonly<z.infer<typeof costGroupSchema>>;

export const costsSchema = z.object({
  total: costFiguresSchema,
  times: callTimesSchema,
  /** What as many days before came to; absent without `days`. */
  previousNanoUsd: z.number().optional(),
  /** Sorted as it was asked for; dearest first unless said otherwise. */
  groups: z.array(costGroupSchema),
  /** All groups beyond `groups`, as one. */
  rest: z.object({ groups: z.number(), figures: costFiguresSchema }).optional(),
  chart: z.object({
    /** Days under one bar. */
    daysPerBar: z.number(),
    /** The dearest groups, by their place in `groups`; what is left of a bar is everything else. */
    series: z.array(z.number()),
    /** Oldest first, none left out between the first and the last. `parts`: one for each of the series, then everything else. */
    bars: z.array(z.object({ day: z.string(), parts: z.array(z.number()) })),
  }),
  runs: z.object({
    count: z.number(),
    medianNanoUsd: z.number().optional(),
    p95NanoUsd: z.number().optional(),
    failed: z.number(),
    failedNanoUsd: z.number(),
  }),
});
export type Costs = Readonly<z.infer<typeof costsSchema>>;

export const whatIfRequestSchema = z.object({
  filter: costFilterSchema,
  /** The model whose calls would have gone another way. */
  model: z.string().max(1_000),
  /** Other models to look at besides those that the library has used. */
  targets: z.array(z.string().max(200)).max(20).default([]),
});
export type WhatIfRequest = Readonly<z.infer<typeof whatIfRequestSchema>>;

/** One way in which the same work could have been paid for. Equal bounds: nothing is guessed. */
export const whatIfOptionSchema = z.object({
  kind: z.enum(['model', 'no-cache', 'batch', 'flex']),
  /** Of `model`: its name. */
  model: z.string().optional(),
  /** Exactly the recorded tokens, cached ones too. */
  sameNanoUsd: z.number(),
  lowNanoUsd: z.number(),
  highNanoUsd: z.number(),
  /** Why it is a range, or what it takes for granted: whole sentences. */
  reasons: z.array(z.string()),
  /** Of `model`: what takes with it in place of the recorded model came to. From three takes on the bounds are theirs. */
  proof: z
    .object({
      takes: z.array(z.string()),
      /** The runs that they were made of. */
      runs: z.number(),
      lowNanoUsd: z.number(),
      highNanoUsd: z.number(),
      /** What those runs had cost. */
      insteadNanoUsd: z.number(),
    })
    .optional(),
});
export type WhatIfOption = Readonly<z.infer<typeof whatIfOptionSchema>>;

/** Takes from which on what was measured stands in place of what was reckoned. */
export const takesThatProve = 3;

export const whatIfSchema = z.object({
  /** What the calls that are asked about did cost, and how many of them there are; those without a price are in none of it. */
  costNanoUsd: z.number(),
  calls: z.number(),
  unpriced: z.number(),
  options: z.array(whatIfOptionSchema),
  /** The run whose takes would prove a model: the one of median cost. */
  provable: z.object({ runId: z.string(), name: z.string() }).optional(),
  /** Models that were asked for and have no price. */
  withoutPrice: z.array(z.string()),
});
export type WhatIf = Readonly<z.infer<typeof whatIfSchema>>;

export const costsFileRequestSchema = z.object({
  filter: costFilterSchema,
  /** `focus`: the columns of FOCUS 1.0, for tools of cost management. */
  format: z.enum(['csv', 'focus']),
  redaction: redactionSchema,
  /** Whether names stand in the place of what is private; without it that is counted only. */
  redact: z.boolean(),
});
export type CostsFileRequest = Readonly<z.infer<typeof costsFileRequestSchema>>;

export const costsFileSchema = z.object({
  fileName: z.string(),
  text: z.string(),
  /** Calls that the form has no place for: those without a date, and those without a price. */
  undated: z.number(),
  unpriced: z.number(),
  /** Cells of the calls' names with something private in them, by kind, and those of them that are left as they are. */
  found: redactionCountsSchema,
  left: redactionCountsSchema,
});
export type CostsFile = Readonly<z.infer<typeof costsFileSchema>>;
