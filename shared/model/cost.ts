import { z } from 'zod';

/** One line of the arithmetic: tokens × price per million = usd. */
export const costLineSchema = z.object({
  label: z.enum([
    'input',
    'cache-read',
    'cache-write',
    'cache-write-1h',
    'output',
    'reasoning',
    'audio-input',
    'audio-cache-read',
    'audio-output',
    'request',
  ]),
  tokens: z.number(),
  usdPerMillion: z.number(),
  usd: z.number(),
});
export type CostLine = Readonly<z.infer<typeof costLineSchema>>;

/**
 * The money of one step and where each figure came from.
 * `none`: there is no price for this model (`reason` says why); the amount is unknown, not zero.
 */
export const costSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('priced'),
    usd: z.number(),
    /** The same tokens with none of them cached, where some were and input has a price. */
    uncachedUsd: z.number().optional(),
    lines: z.array(costLineSchema),
    source: z.enum(['override', 'catalogue', 'local']),
    /** e.g. "@pydantic/genai-prices 0.1.8" or "your override". */
    sourceName: z.string(),
    /** Date of the price (ISO day): when it took effect, else the catalogue's own date. */
    priceDate: z.string().optional(),
    matchedModel: z.string(),
    matchedProvider: z.string().optional(),
    /** What the emitter itself reported, kept beside ours. */
    reportedUsd: z.number().optional(),
    notes: z.array(z.string()),
  }),
  z.object({
    kind: z.literal('reported'),
    usd: z.number(),
    reportedUsd: z.number(),
    /** What it comes to by tokens and prices, where the amount is what a router billed (OpenRouter). */
    computedUsd: z.number().optional(),
    sourceName: z.string(),
    notes: z.array(z.string()),
  }),
  /** Answered from a recording by the gateway: nothing was spent. `insteadOfUsd` is what the call would have cost, where there is a price. */
  z.object({ kind: z.literal('recorded'), usd: z.literal(0), insteadOfUsd: z.number().optional() }),
  z.object({ kind: z.literal('none'), reason: z.string() }),
]);
export type Cost = z.infer<typeof costSchema>;

/** A user's own price: matched before the catalogue. `model` may hold `*`. Prices in USD per million tokens. */
export const priceOverrideSchema = z.object({
  provider: z.string().optional(),
  model: z.string().min(1).max(200),
  input: z.number().nonnegative(),
  output: z.number().nonnegative(),
  cacheRead: z.number().nonnegative().optional(),
  cacheWrite: z.number().nonnegative().optional(),
  /** ISO day from which it holds. */
  from: z.string().optional(),
  note: z.string().max(500).optional(),
});
export type PriceOverride = Readonly<z.infer<typeof priceOverrideSchema>>;
