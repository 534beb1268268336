import type { Candidate } from './candidates.ts';
import type { CatalogueModel, CatalogueProvider, MatchRule } from './catalogue-data.ts';
import { catalogueTest } from './catalogue-pattern.ts';

/**
 * Which model of a catalogue a name means, by the catalogue's own rules, as its package reads them (a test holds both together). They are
 * read here, since a catalogue may be a file of the user's: the package would run its patterns, on names from a trace, without a bound.
 */
export function findModel(
  providers: readonly CatalogueProvider[],
  { provider: named, host, model: name }: Candidate,
): { readonly provider: CatalogueProvider; readonly model: CatalogueModel } | undefined {
  const model = plain(name);
  if (named !== undefined && plain(named) === 'litellm') {
    // LiteLLM's names begin with whose model it is.
    const at = model.indexOf('/');
    const owner = at > 0 && at < model.length - 1 ? providerNamed(providers, model.slice(0, at)) : undefined;
    if (owner) return modelNamed(providers, owner, model.slice(at + 1));
  }
  const provider = providerOf(providers, named, host, model);
  return provider === undefined ? undefined : modelNamed(providers, provider, model);
}

function providerOf(
  providers: readonly CatalogueProvider[],
  named: string | undefined,
  host: string | undefined,
  model: string,
): CatalogueProvider | undefined {
  if (named !== undefined) {
    const provider = providerNamed(providers, plain(named));
    if (provider !== undefined || plain(named) !== 'litellm') return provider;
  }
  if (host !== undefined)
    return providers.find(({ api_pattern }) => isMatch({ regex: `^(?:${api_pattern})` }, `https://${host}`));
  return providers.find(({ model_match }) => model_match !== undefined && isMatch(model_match, model));
}

const plain = (name: string): string => name.toLowerCase().trim();

function providerNamed(providers: readonly CatalogueProvider[], name: string): CatalogueProvider | undefined {
  return (
    providers.find(({ id }) => id === name) ??
    providers.find(({ provider_match }) => provider_match !== undefined && isMatch(provider_match, name))
  );
}

function modelNamed(
  providers: readonly CatalogueProvider[],
  provider: CatalogueProvider,
  name: string,
): { readonly provider: CatalogueProvider; readonly model: CatalogueModel } | undefined {
  const model = ofProvider(providers, provider, name) ?? ofProvider(providers, provider, withDashedDays(name));
  return model === undefined ? undefined : { provider, model };
}

function ofProvider(
  providers: readonly CatalogueProvider[],
  provider: CatalogueProvider,
  name: string,
): CatalogueModel | undefined {
  const own = provider.models.find(({ match }) => isMatch(match, name));
  if (own) return own;
  for (const id of provider.fallback_model_providers ?? []) {
    const model = providers.find((other) => other.id === id)?.models.find(({ match }) => isMatch(match, name));
    if (model) return model;
  }
  return undefined;
}

/** `gpt-5-20260131` → `gpt-5-2026-01-31`. */
function withDashedDays(name: string): string {
  return name.replaceAll(
    /(-)(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g,
    (whole, dash: string, year: string, month: string, day: string) => {
      const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
      return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}`)
        ? `${dash}${year}-${month}-${day}`
        : whole;
    },
  );
}

const patterns = new Map<string, (text: string) => boolean>();
const mostPatterns = 5_000;

function isMatch(rule: MatchRule, name: string): boolean {
  if ('or' in rule) return rule.or.some((one) => isMatch(one, name));
  if ('and' in rule) return rule.and.every((one) => isMatch(one, name));
  if ('equals' in rule) return name === rule.equals.toLowerCase();
  if ('starts_with' in rule) return name.startsWith(rule.starts_with.toLowerCase());
  if ('ends_with' in rule) return name.endsWith(rule.ends_with.toLowerCase());
  if ('contains' in rule) return name.includes(rule.contains.toLowerCase());
  let test = patterns.get(rule.regex);
  if (!test) {
    if (patterns.size >= mostPatterns) patterns.clear();
    patterns.set(rule.regex, (test = catalogueTest(rule.regex)));
  }
  return test(name);
}
