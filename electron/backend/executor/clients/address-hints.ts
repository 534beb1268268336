import { baseUrlVariables } from '../gateway/upstreams.ts';
import type { BaseUrlVariable, ProviderPrefix } from '../gateway/upstreams.ts';
import type { Client } from './client.ts';
import { clients } from './clients.ts';
import { everyBaseUrlVariable } from './switch-to-gateway.ts';

/** Names of providers in spans, the more exact ones first (FACTS.md, GenAI conventions). */
const providerNames: readonly (readonly [RegExp, ProviderPrefix])[] = [
  [/azure/i, 'azure'],
  [/openrouter/i, 'openrouter'],
  [/groq/i, 'groq'],
  [/mistral/i, 'mistral'],
  [/x_?ai\b/i, 'xai'],
  [/deepseek/i, 'deepseek'],
  [/anthropic/i, 'anthropic'],
  [/gemini|google|gcp/i, 'gemini'],
  [/openai/i, 'openai'],
];

/**
 * The variables by which a client that is seen in a span takes its provider's address (FACTS.md, Client addresses): its own where its
 * instrumentation names a client that has one for the provider, else those that the provider's own libraries read, else any client's. Empty where the provider
 * is none that the gateway stands for.
 */
export function addressVariables(
  { provider, scope }: { readonly provider: string | undefined; readonly scope: string },
  known: readonly Client[] = clients,
): readonly string[] {
  const prefix = providerNames.find(([name]) => name.test(provider ?? scope))?.[1];
  if (prefix === undefined) return [];
  const ofProvider = (variables: readonly BaseUrlVariable[] | undefined): readonly string[] =>
    (variables ?? []).flatMap((one) => (one.prefix === prefix ? [one.variable] : []));
  const seen = known.find(
    ({ id, baseUrls }) => baseUrls !== undefined && scope.toLowerCase().includes(id.split('-')[0] ?? id),
  );
  const own = ofProvider(seen?.baseUrls);
  if (own.length > 0) return own;
  const shared = ofProvider(baseUrlVariables);
  return shared.length > 0 ? shared : [...new Set(ofProvider(everyBaseUrlVariable(known)))];
}
