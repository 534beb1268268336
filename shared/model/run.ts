import { z } from 'zod';

/** running: spans still arriving; ok / error: its outcome; partial: silent without a root having arrived; unset: done, the emitter gave no status. */
export const runStatusSchema = z.enum(['running', 'ok', 'error', 'partial', 'paused', 'unset']);
export type RunStatus = z.infer<typeof runStatusSchema>;

/** Something the reader should know about a run or a step: what is missing or was corrected, and why. */
/** Code of the notice on a model call that the agent tells of and that did not come through the gateway. */
export const pastGatewayCode = 'past-gateway';

export const noticeSchema = z.object({
  /** Stable, for tests and filters: e.g. `tool-spans-missing`, `parent-missing`, `usage-on-agent`, `attributes-dropped`. */
  code: z.string(),
  message: z.string(),
  /** Index of the step concerned. */
  step: z.number().int().optional(),
});
export type Notice = Readonly<z.infer<typeof noticeSchema>>;
