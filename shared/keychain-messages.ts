import { z } from 'zod';
import { keychainStateSchema, providerKeySchema } from './model/provider-keys.ts';

/**
 * What the desktop's backend asks of main, which alone reaches the system's keychain (Electron's safeStorage), and what main
 * answers. One key crosses at a time, when it is needed.
 */
const providerIdSchema = z.string().min(1).max(100);

export const keychainQuestionSchema = z.object({
  type: z.literal('keychain'),
  /** Answers carry the number of their question. */
  question: z.number().int(),
  ask: z.discriminatedUnion('action', [
    z.object({ action: z.literal('state') }),
    z.object({ action: z.literal('list') }),
    z.object({ action: z.literal('read'), providerId: providerIdSchema }),
    z.object({ action: z.literal('set'), providerId: providerIdSchema, key: providerKeySchema }),
    z.object({ action: z.literal('remove'), providerId: providerIdSchema }),
  ]),
});
export type KeychainAsk = z.infer<typeof keychainQuestionSchema>['ask'];

export const keychainAnswerSchema = z.object({
  type: z.literal('keychain-answer'),
  question: z.number().int(),
  answer: z.discriminatedUnion('to', [
    z.object({ to: z.literal('state'), state: keychainStateSchema }),
    z.object({ to: z.literal('list'), providerIds: z.array(providerIdSchema) }),
    /** Without a key: none is kept. */
    z.object({ to: z.literal('read'), key: providerKeySchema.optional() }),
    z.object({ to: z.literal('done') }),
    /** In words for the user, never with a key in them. */
    z.object({ to: z.literal('refused'), reason: z.string() }),
  ]),
});
export type KeychainAnswer = z.infer<typeof keychainAnswerSchema>['answer'];
