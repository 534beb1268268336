import { z } from 'zod';

/**
 * Tokens of one step, normalised to inclusive counts: `input` includes cached and cache-written tokens,
 * `output` includes reasoning (reference: OpenTelemetry gen_ai.usage.* since semconv 1.40).
 * A missing field means the emitter did not say; it is never zero by default.
 */
export const usageSchema = z.object({
  input: z.number().optional(),
  output: z.number().optional(),
  cacheRead: z.number().optional(),
  cacheWrite: z.number().optional(),
  /** Parts of `cacheWrite` by time to live (Anthropic). */
  cacheWrite5m: z.number().optional(),
  cacheWrite1h: z.number().optional(),
  reasoning: z.number().optional(),
  audioInput: z.number().optional(),
  /** Cached tokens that are audio: part of `cacheRead` and of `audioInput`. */
  audioCacheRead: z.number().optional(),
  audioOutput: z.number().optional(),
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

/** own: counted in totals; rollup: a parent restating its descendants; duplicate: the same call seen by another instrumentation. */
export const usageRoleSchema = z.enum(['own', 'rollup', 'duplicate']);
export type UsageRole = z.infer<typeof usageRoleSchema>;

/** How inclusive counts were reached: as sent, corrected by the emitter's known rule, or taken as inclusive for want of a sign. */
export const usageBasisSchema = z.enum(['inclusive', 'exclusive-fixed', 'assumed']);
export type UsageBasis = z.infer<typeof usageBasisSchema>;

const usageFields = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite5m',
  'cacheWrite1h',
  'reasoning',
  'audioInput',
  'audioCacheRead',
  'audioOutput',
] as const satisfies readonly (keyof Usage)[];

/** Sum per field; a field unknown on both sides stays unknown. */
export function addUsage(left: Usage, right: Usage): Usage {
  const sum: { -readonly [K in keyof Usage]: Usage[K] } = {};
  for (const field of usageFields) {
    const a = left[field];
    const b = right[field];
    if (a !== undefined || b !== undefined) sum[field] = (a ?? 0) + (b ?? 0);
  }
  return sum;
}
