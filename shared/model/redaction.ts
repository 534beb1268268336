import { z } from 'zod';
import { stepKindSchema } from './step.ts';

/** What is looked for in a run that is handed on, in the order in which it is listed. */
export const redactionKinds = [
  { kind: 'key', label: 'API keys and passwords' },
  { kind: 'token', label: 'Bearer tokens' },
  { kind: 'mail', label: 'E-mail addresses' },
  { kind: 'home', label: 'Home folders' },
  { kind: 'host', label: 'Host names' },
  { kind: 'entropy', label: 'High entropy' },
  { kind: 'own', label: 'Your own rules' },
] as const;
export type RedactionKind = (typeof redactionKinds)[number]['kind'];

const kinds = redactionKinds.map(({ kind }) => kind);
const redactionKindSchema = z.enum(kinds);
const longestRule = 200;
const mostRules = 100;
/** Longer values follow their kind. */
export const longestKeptValue = 4_000;

/** What the user has replaced besides. A rule is a text; `*` in it stands for any signs but blanks and quotation marks. A pattern is a regular expression of RE2. */
export const ownRulesSchema = z.object({
  rules: z.array(z.string().min(3).max(longestRule)).max(mostRules).default([]),
  patterns: z.array(z.string().min(1).max(longestRule)).max(mostRules).default([]),
});
export type OwnRules = z.infer<typeof ownRulesSchema>;

/** How a run is redacted. */
export const redactionSchema = ownRulesSchema.extend({
  /** Kinds that are left as they are. */
  off: z.array(redactionKindSchema).max(kinds.length).default([]),
  /** Values that are left as they are, whatever their kind. */
  kept: z.array(z.string().max(longestKeptValue)).max(10_000).default([]),
  /** Images, files and other contents that are no text go along as they are, though nothing can be found in them. */
  withMedia: z.boolean().default(false),
});
export type Redaction = z.infer<typeof redactionSchema>;

/** Everything that is found is replaced, and the user's own rules hold. */
export const wholeRedaction = (own: OwnRules): Redaction => ({ off: [], kept: [], withMedia: false, ...own });

/** Places by kind; kinds without any are left out. */
export const redactionCountsSchema = z.partialRecord(redactionKindSchema, z.number());
export type RedactionCounts = z.infer<typeof redactionCountsSchema>;

export const placesOf = (counts: RedactionCounts): number =>
  redactionKinds.reduce((sum, { kind }) => sum + (counts[kind] ?? 0), 0);

const redactedValueSchema = z.object({
  kind: redactionKindSchema,
  value: z.string(),
  /** What stands in its place. */
  name: z.string(),
  /** Places in which it stands. */
  count: z.number(),
});
export type RedactedValue = z.infer<typeof redactedValueSchema>;
export const mostRedactedValues = 2_000;

/** A text with hits in it, cut to what stands around them. */
const redactionPlaceSchema = z.object({
  /** In `runId`; undefined for what is said of the whole run, and for logs that belong to no step. */
  step: z.number().optional(),
  runId: z.string(),
  stepName: z.string(),
  stepKind: stepKindSchema.optional(),
  /** The attribute, or what else of the step: `name`, `status`, `log`. */
  field: z.string(),
  /** How many texts are the same. */
  times: z.number(),
  /** In order. One without `kind` is what stands between hits. */
  pieces: z.array(
    z.object({
      text: z.string(),
      kind: redactionKindSchema.optional(),
      /** What stands there when it is replaced. */
      replacement: z.string().optional(),
      /** The values in it, by their place in `values`: an encoded text can hold several, one beyond `mostRedactedValues` is not there. */
      values: z.array(z.number()).optional(),
    }),
  ),
});
export type RedactionPlace = z.infer<typeof redactionPlaceSchema>;
export const mostRedactionPlaces = 1_000;

/** What was found in a run: places, not values; a value that stands in ten texts counts ten times. */
export const redactionReportSchema = z.object({
  /** By kind, those that are left as they are too; kinds that were not found are left out. */
  found: redactionCountsSchema,
  /** Of them, those that are left as they are. */
  left: redactionCountsSchema,
  /** Images, files and other contents that are no text: nothing can be found in them, and they are left out unless the redaction says otherwise. */
  notSearched: z.number(),
  /** In which something was found. */
  steps: z.number(),
  /** The runs that were looked through. */
  runIds: z.array(z.string()),
  /** By kind, the most frequent first; at most `mostRedactedValues`. */
  values: z.array(redactedValueSchema),
  valuesLeftOut: z.number(),
  /** Texts that are the same are told of once; at most `mostRedactionPlaces`. */
  places: z.array(redactionPlaceSchema),
  placesLeftOut: z.number(),
});
export type RedactionReport = z.infer<typeof redactionReportSchema>;

/** How far a run has been looked through: spans and logs. */
export const lookedThroughSchema = z.object({ done: z.number(), total: z.number() });
export type LookedThrough = z.infer<typeof lookedThroughSchema>;
