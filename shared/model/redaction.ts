import { z } from 'zod';

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

/** How a run is redacted. A rule is a text to be replaced; `*` in it stands for any signs but blanks and quotation marks. */
export const redactionSchema = z.object({
  /** Kinds that are left as they are. */
  off: z.array(redactionKindSchema).max(kinds.length).default([]),
  rules: z.array(z.string().min(3).max(longestRule)).max(mostRules).default([]),
});
export type Redaction = z.infer<typeof redactionSchema>;

/** A text with hits in it, cut to what stands around them. */
const redactionPlaceSchema = z.object({
  /** In `runId`; undefined for what is said of the whole run, and for logs that belong to no step. */
  step: z.number().optional(),
  runId: z.string(),
  stepName: z.string(),
  /** The attribute, or what else of the step: `name`, `status`, `log`. */
  field: z.string(),
  /** In order. One without `kind` is what stands between hits. */
  pieces: z.array(
    z.object({ text: z.string(), kind: redactionKindSchema.optional(), replacement: z.string().optional() }),
  ),
});
export type RedactionPlace = z.infer<typeof redactionPlaceSchema>;
export const mostRedactionPlaces = 1_000;

/** What was found in a run: places, not values; a value that stands in ten texts counts ten times. */
export const redactionReportSchema = z.object({
  /** By kind, switched off ones too; kinds that were not found are left out. */
  found: z.partialRecord(redactionKindSchema, z.number()),
  /** Images, files and other contents that are no text: left out, as nothing can be found in them. */
  notSearched: z.number(),
  steps: z.number(),
  /** The runs that were looked through. */
  runIds: z.array(z.string()),
  /** Texts that are the same are told of once; at most `mostRedactionPlaces`. */
  places: z.array(redactionPlaceSchema),
  placesLeftOut: z.number(),
});
export type RedactionReport = z.infer<typeof redactionReportSchema>;
