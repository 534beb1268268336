import { z } from 'zod';
import { pairStateSchema } from './model/comparison.ts';
import { contractSchema } from './model/cost.ts';
import { messageSchema } from './model/message.ts';
import {
  catalogueChangesSchema,
  catalogueStateSchema,
  modelPriceSchema,
  pendingRepricingSchema,
  repricingReportSchema,
} from './model/prices.ts';

/**
 * What `retake … --json` prints: one JSON document with `"schema": 1`, kept stable. Unknown figures are null, never 0.
 * Adding fields is free; a change of meaning raises the schema number.
 */

const nullableNumber = z.number().nullable();
const nullableText = z.string().nullable();

/** Owned usage; `input` includes cached, `output` includes reasoning. */
export const cliUsageSchema = z.object({
  input: nullableNumber,
  output: nullableNumber,
  cacheRead: nullableNumber,
  cacheWrite: nullableNumber,
  reasoning: nullableNumber,
});

export const cliImportSchema = z.object({
  schema: z.literal(1),
  files: z.array(
    z.object({
      path: z.string(),
      format: z.string(),
      runs: z.number(),
      spans: z.number(),
      logs: z.number(),
      skipped: z.array(z.object({ line: nullableNumber, reason: z.string(), count: z.number() })),
      warnings: z.array(z.string()),
    }),
  ),
  runIds: z.array(z.string()),
});

/** `retake library`: bytes on the disk; of what is packed together each its share. */
export const cliLibrarySchema = z.object({
  schema: z.literal(1),
  agents: z.array(
    z.object({
      agent: nullableText,
      runs: z.number(),
      spansBytes: z.number(),
      contentsBytes: z.number(),
      stepsBytes: z.number(),
      recordingsBytes: z.number(),
    }),
  ),
  followersBytes: z.number(),
  restBytes: z.number(),
  totalBytes: z.number(),
});

export const cliRunSchema = z.object({
  id: z.string(),
  traceIds: z.array(z.string()),
  /** The given one, where somebody renamed the run. */
  name: z.string(),
  ownName: z.string(),
  tags: z.array(z.string()),
  note: nullableText,
  pinned: z.boolean(),
  /** What the library says of it is not what was written: none of it can be relied on. */
  damaged: z.boolean(),
  /** How what it was asked begins, and how its last answer does; null also where no window has looked at the run yet. */
  task: nullableText,
  answer: nullableText,
  agent: nullableText,
  status: z.string(),
  /** ISO 8601; null: the file that the run was read from has no times. */
  startedAt: nullableText,
  durationMs: nullableNumber,
  steps: z.number(),
  /** Without hidden ones: as the lists count them. */
  shownSteps: z.number(),
  /** Calls that answered; failed attempts count in `errors`. */
  llmCalls: z.number(),
  toolCalls: z.number(),
  errors: z.number(),
  models: z.array(z.string()),
  usage: cliUsageSchema,
  costUsd: nullableNumber,
  /** Some calls have no price: `costUsd` is at least what is spent. */
  costIsLowerBound: z.boolean(),
  unpricedCalls: z.number(),
  conversationId: nullableText,
  parentRunId: nullableText,
  forkStep: nullableNumber,
  /** Of a take: what it changes, in words, an edit each. */
  changes: z.array(z.string()),
  /** Of `retake show`: what the figures and the steps leave out, as its text says it. */
  notices: z.array(z.object({ code: z.string(), message: z.string(), step: nullableNumber })).optional(),
});

export const cliRunsSchema = z.object({ schema: z.literal(1), runs: z.array(cliRunSchema) });

/** `retake search`: newest run first; a run that is called so, or fits without any words, has no hits. */
export const cliSearchSchema = z.object({
  schema: z.literal(1),
  query: z.string(),
  /** Runs that fit, also those not listed. */
  total: z.number(),
  totalAtLeast: z.boolean(),
  runs: z.array(
    z.object({
      run: cliRunSchema,
      /** Steps in which the words stand first, in the order of the run. */
      hits: z.array(
        z.object({
          step: z.number(),
          name: z.string(),
          kind: z.string(),
          startedAt: nullableText,
          excerpt: z.string(),
          /** [from, to) in UTF-16 units of the excerpt. */
          ranges: z.array(z.tuple([z.number(), z.number()])),
          /** Later prompts that hold the same text, in so many runs. */
          echoes: z.number(),
          echoRuns: z.number(),
          echoesAtLeast: z.boolean(),
        }),
      ),
      more: z.number(),
      moreAtLeast: z.boolean(),
    }),
  ),
});

const cliCostFiguresSchema = z.object({
  /** Calls tried, those that failed among them. */
  calls: z.number(),
  failedCalls: z.number(),
  unpricedCalls: z.number(),
  usage: cliUsageSchema,
  costUsd: nullableNumber,
  /** Some calls have no price: `costUsd` is at least what is spent. */
  costIsLowerBound: z.boolean(),
  /** The same tokens with none of them cached. */
  uncachedUsd: nullableNumber,
  resentUsdEstimate: nullableNumber,
  /** What was answered from recordings, and would have cost. */
  sparedUsd: z.number(),
});

/** How long half of the calls, and 95 of 100, took at most, within 4 %. */
const timedFiguresSchema = cliCostFiguresSchema.extend({ callMsP50: nullableNumber, callMsP95: nullableNumber });

/** `retake costs`: groups and rest add up to the total. */
export const cliCostsSchema = z.object({
  schema: z.literal(1),
  by: z.string(),
  /** `key` is null for calls that have no value; `name` is that of a run. */
  groups: z.array(timedFiguresSchema.extend({ key: nullableText, name: nullableText })),
  rest: cliCostFiguresSchema.extend({ groups: z.number() }).nullable(),
  total: timedFiguresSchema,
});

/** `retake prices`: all amounts in US dollars, whatever currency is shown otherwise. */
export const cliPricesSchema = z.object({
  schema: z.literal(1),
  currency: z.literal('USD'),
  catalogue: catalogueStateSchema.extend({
    readAt: nullableNumber,
    before: z.object({ name: z.string(), date: z.string() }).nullable(),
    newer: z.object({ name: z.string(), date: z.string() }).nullable(),
  }),
  ownPrices: z.number(),
  contracts: z.array(contractSchema),
  /** With --update, --download or --reset: what is other than before. */
  changes: catalogueChangesSchema.nullable(),
  /** What pricing the library again came to the last time. */
  repriced: repricingReportSchema.nullable(),
  /** What it has still to do: it is under way, or was cut off. */
  pending: pendingRepricingSchema.nullable(),
  model: modelPriceSchema.nullable(),
});

/** `retake budgets`: how far each is spent today. Figures that `unpricedCalls` stands beside are at least so much. */
export const cliBudgetsSchema = z.object({
  schema: z.literal(1),
  /** ISO day, in the time zone of the machine that keeps them. */
  day: z.string(),
  zone: z.string(),
  budgets: z.array(
    z.object({
      id: z.string(),
      /** Null: every agent. */
      agent: nullableText,
      action: z.enum(['notify', 'hold']),
      usd: z.number(),
      limitTodayUsd: z.number(),
      spentUsd: z.number(),
      assumedUsd: z.number(),
      assumedCalls: z.number(),
      unpricedCalls: z.number(),
      notHeldUsd: z.number(),
      underWayUsd: z.number(),
      leftUsd: z.number(),
      heldCalls: z.number(),
      isSpent: z.boolean(),
    }),
  ),
  problem: nullableText,
});

export const cliStepSchema = z.object({
  index: z.number(),
  id: z.string(),
  parentId: nullableText,
  kind: z.string(),
  name: z.string(),
  agent: nullableText,
  status: z.string(),
  error: nullableText,
  startedAt: nullableText,
  durationMs: nullableNumber,
  model: nullableText,
  provider: nullableText,
  usage: cliUsageSchema.nullable(),
  usageRole: nullableText,
  costUsd: nullableNumber,
  tool: z
    .object({
      name: z.string(),
      callId: nullableText,
      arguments: nullableText,
      result: nullableText,
      isError: z.boolean().nullable(),
    })
    .nullable(),
  /** With --messages only. */
  input: z.array(messageSchema).optional(),
  output: z.array(messageSchema).optional(),
  /** The emitter sends only what is new: `input` was put together from so many calls before this one. */
  stitched: z.number().optional(),
  /** Why it could not be: `input` is what the span says. */
  gap: z.string().optional(),
});

export const cliShowSchema = z.object({ schema: z.literal(1), run: cliRunSchema, steps: z.array(cliStepSchema) });

/** `retake diff A B --json`. `a`, `b` of a pair: the `index` of `retake show`, or null. */
export const cliDiffSchema = z.object({
  schema: z.literal(1),
  /** Run ids. */
  a: z.string(),
  b: z.string(),
  /** b minus a. */
  delta: z.object({
    steps: z.number(),
    input: nullableNumber,
    output: nullableNumber,
    cacheRead: nullableNumber,
    costUsd: nullableNumber,
    durationMs: nullableNumber,
  }),
  firstDivergence: z.object({ a: nullableNumber, b: nullableNumber, what: z.string(), reason: z.string() }).nullable(),
  pairs: z.array(
    z.object({
      a: nullableNumber,
      b: nullableNumber,
      state: pairStateSchema,
      differs: z.array(z.string()),
      confidence: z.number(),
      ignored: z.array(z.string()),
      /** Position of the pair that this difference only follows from. */
      cause: nullableNumber,
      /** What takes changed here, in words. */
      edits: z.string().nullable(),
    }),
  ),
  /** With --fail-on: what each condition found. */
  conditions: z.array(z.object({ condition: z.string(), figure: nullableNumber, met: z.boolean() })).optional(),
  notices: z.array(z.string()),
});

/** `retake rerun --json`: one entry a take. `step` counts the parent's steps; null where it is not known. */
export const cliTakesSchema = z.object({
  schema: z.literal(1),
  takes: z.array(
    z.object({
      runId: z.string(),
      parentRunId: z.string(),
      forkStep: z.number(),
      /** stopped: Retake held the agent (a divergence before the fork, a budget) or the user ended it. */
      status: z.enum(['ok', 'error', 'stopped']),
      exitCode: nullableNumber,
      served: z.object({
        recorded: z.number(),
        live: z.number(),
        /** Answered by hand, by an edit of the answer. */
        edited: z.number(),
        /** Not answered by a model: the agent was stopped there. */
        held: z.number(),
        /** Of those held, asked although the recording holds no such call. */
        extra: z.number(),
        /** Recorded calls before the fork that the agent never asked for. */
        skipped: z.number(),
      }),
      drifted: z.array(z.object({ step: nullableNumber, ignored: z.array(z.string()) })),
      /** The take's own model calls, by its own steps; null where they could not be read again. `reason`: why it is not from the recording. */
      calls: z
        .array(
          z.object({
            step: z.number(),
            state: z.string(),
            parentStep: nullableNumber,
            reason: nullableText,
            ignored: z.array(z.string()),
          }),
        )
        .nullable(),
      /**
       * What became of each edit, call by call. kept: it was in the request. gone: the agent no longer sent what it is about. lost: that
       * was there, and could not be edited.
       */
      edits: z.array(
        z.object({
          edit: z.number(),
          change: z.string(),
          calls: z.array(z.object({ step: z.number(), state: z.enum(['kept', 'gone', 'lost']) })),
        }),
      ),
      /** In what the agent first left the recording before the fork. */
      divergence: nullableText,
      savedUsd: nullableNumber,
      spentUsd: nullableNumber,
      /** What was said while it ran: calls past the gateway, edits that could not be kept, a recording that is not whole. In order. */
      notes: z.array(z.string()),
    }),
  ),
});
