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
    /** At the rates that were charged: they add up to `usd`. */
    lines: z.array(costLineSchema),
    /** Where the user pays other than the list: what it would have cost by it, and by how much of that `usd` is. */
    contract: z
      .object({
        listUsd: z.number(),
        /** 0.85 for 15 % off. */
        factor: z.number(),
        provider: z.string(),
        model: z.string().optional(),
      })
      .optional(),
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

const usdPerMillion = z.number().nonnegative();
const isoDay = z.iso.date();

/** What a call costs; a cache without a price of its own costs what plain input does. */
const ownRatesSchema = z.object({
  input: usdPerMillion,
  output: usdPerMillion,
  cacheRead: usdPerMillion.optional(),
  cacheWrite: usdPerMillion.optional(),
  /** Kept for an hour instead of five minutes; else as `cacheWrite`. */
  cacheWrite1h: usdPerMillion.optional(),
});

/** Percent of the price, up to ten times it. */
const percentOfPrice = z.number().nonnegative().max(1_000);

/** A user's own price: matched before the catalogue. `model` may hold `*`. Prices in USD per million tokens. */
export const priceOverrideSchema = ownRatesSchema.extend({
  provider: z.string().optional(),
  model: z.string().min(1).max(200),
  /** The whole request at these prices where its input is more than so many tokens. */
  tiers: z
    .array(ownRatesSchema.extend({ above: z.number().int().positive().max(1_000_000_000) }))
    .max(10)
    .optional(),
  /** Percent of these prices that calls of a service tier cost: 50 for half. Without it they cost the same. */
  batchPercent: percentOfPrice.optional(),
  flexPercent: percentOfPrice.optional(),
  priorityPercent: percentOfPrice.optional(),
  /** ISO day from which it holds. */
  from: z.string().optional(),
  note: z.string().max(500).optional(),
});
export type PriceOverride = Readonly<z.infer<typeof priceOverrideSchema>>;

/** What the user agreed on with a provider: so much off the catalogue's prices. Own prices and billed amounts are not touched by it. */
export const contractSchema = z.object({
  provider: z.string().trim().min(1).max(200),
  /** Only for this model; may hold `*`. */
  model: z.string().min(1).max(200).optional(),
  /** 15: they cost 85 % of the list. Below 0: they cost more. */
  percentOff: z.number().min(-900).max(100),
  /** ISO days on which it holds, both included. */
  from: isoDay.optional(),
  until: isoDay.optional(),
  note: z.string().max(500).optional(),
});
export type Contract = Readonly<z.infer<typeof contractSchema>>;

/** For display only: everything is kept, computed and exported in US dollars. The rate is the user's own, nothing is fetched. */
export const currencySchema = z.object({
  /** ISO 4217. */
  code: z.string().regex(/^[A-Z]{3}$/, 'Three letters, like EUR.'),
  /** Units of it for one US dollar. */
  perUsd: z.number().positive().max(1_000_000_000),
  /** ISO day of the rate. */
  date: isoDay,
});
export type Currency = Readonly<z.infer<typeof currencySchema>>;
