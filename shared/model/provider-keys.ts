import { z } from 'zod';
import type { ModelProvider } from './take.ts';

/** Keys of model providers: where they may come from, and what may be said of them. A key itself is in no answer of the backend. */

/** One line of visible ASCII characters, as all providers give them out; anything else was pasted by mistake. */
export const providerKeySchema = z
  .string()
  .max(4_096)
  .regex(/^[\x21-\x7e]{8,}$/);

export const foundKeySchema = z.object({
  providerId: z.string(),
  /** environment: of Retake's own process; asked before the keychain. */
  source: z.enum(['environment', 'keychain']),
  /** Name of the variable it was found in. */
  variable: z.string().optional(),
});
export type FoundKey = Readonly<z.infer<typeof foundKeySchema>>;

/** Whether this Retake can keep keys; where it cannot, `reason` says why in a sentence. */
export const keychainStateSchema = z.union([
  z.object({ available: z.literal(true) }),
  z.object({ available: z.literal(false), reason: z.string() }),
]);
export type KeychainState = Readonly<z.infer<typeof keychainStateSchema>>;

export const keysStateSchema = z.object({ keychain: keychainStateSchema, keys: z.array(foundKeySchema) });
export type KeysState = Readonly<z.infer<typeof keysStateSchema>>;

/** Providers that need no entry in the settings; one of the same id there takes their place. */
export const builtInProviders: readonly ModelProvider[] = [
  { id: 'openai', kind: 'openai' },
  { id: 'anthropic', kind: 'anthropic' },
  { id: 'google', kind: 'google' },
];

const usualVariables: Readonly<Record<ModelProvider['kind'], readonly string[]>> = {
  openai: ['OPENAI_API_KEY'],
  anthropic: ['ANTHROPIC_API_KEY'],
  google: ['GEMINI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'GOOGLE_API_KEY'],
  'openai-compatible': [],
};

/** Names of the variables that a provider's key is looked for in, the first first: its own, else those that the provider's own SDK reads. */
export function keyVariablesOf(provider: ModelProvider): readonly string[] {
  return provider.keyVariable === undefined ? usualVariables[provider.kind] : [provider.keyVariable];
}

/** The user's providers and those of the built-in ones that they did not replace. */
export function allProviders(own: readonly ModelProvider[]): readonly ModelProvider[] {
  return [...own, ...builtInProviders.filter(({ id }) => !own.some((provider) => provider.id === id))];
}
