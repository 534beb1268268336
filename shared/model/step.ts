import { z } from 'zod';

export const stepKinds = [
  'agent',
  'llm',
  'tool',
  'retrieval',
  'embedding',
  'rerank',
  'guardrail',
  'evaluator',
  'chain',
  'http',
  'db',
  'other',
] as const;
export const stepKindSchema = z.enum(stepKinds);
export type StepKind = z.infer<typeof stepKindSchema>;

export const stepStatusSchema = z.enum(['ok', 'error', 'unset', 'running', 'paused']);
export type StepStatus = z.infer<typeof stepStatusSchema>;

/** Where a step came from: a span as sent; rebuilt from messages or logs because the client sent no span; or a stand-in for a parent that has not arrived. */
export const stepOriginSchema = z.enum(['span', 'messages', 'logs', 'provisional']);
export type StepOrigin = z.infer<typeof stepOriginSchema>;

/** What is known of a step's content: all of it, cut by the emitter, blanked by it, or never sent. */
export const contentStateSchema = z.enum(['full', 'truncated', 'redacted', 'none']);
export type ContentState = z.infer<typeof contentStateSchema>;

export const stepErrorSchema = z.object({
  type: z.string().optional(),
  message: z.string().optional(),
  stack: z.string().optional(),
});
export type StepError = Readonly<z.infer<typeof stepErrorSchema>>;
