/** Who answers live calls: the providers' own hosts, or where the user's environment or `--upstream` points. Never a trace. */

/** First part of a gateway path, below the token; chosen by which variable carried the address to the client. */
export const providerPrefixes = ['openai', 'anthropic', 'gemini'] as const;
export type ProviderPrefix = (typeof providerPrefixes)[number];

export type Upstreams = Readonly<Record<ProviderPrefix, URL>>;

/** The address that clients have built in, and the variables by which a user sets another (clients.md 7). */
const defaults: Readonly<Record<ProviderPrefix, { readonly base: string; readonly variables: readonly string[] }>> = {
  openai: {
    base: 'https://api.openai.com/v1',
    variables: ['OPENAI_BASE_URL', 'OPENAI_API_BASE', 'COPILOT_PROVIDER_BASE_URL'],
  },
  anthropic: {
    base: 'https://api.anthropic.com',
    variables: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_URL', 'ANTHROPIC_API_BASE'],
  },
  gemini: { base: 'https://generativelanguage.googleapis.com', variables: ['GOOGLE_GEMINI_BASE_URL'] },
};

/** The address that was given cannot be used. */
export class BadUpstream extends Error {
  override readonly name = 'BadUpstream';
}

export function chooseUpstreams(
  environment: Readonly<Record<string, string | undefined>>,
  override: string | undefined,
): Upstreams {
  const choose = (prefix: ProviderPrefix): URL => {
    const { base, variables } = defaults[prefix];
    const variable = variables.find((name) => environment[name]);
    return readAddress(
      override ?? (variable === undefined ? base : (environment[variable] ?? base)),
      override === undefined ? variable : '--upstream',
    );
  };
  return { openai: choose('openai'), anthropic: choose('anthropic'), gemini: choose('gemini') };
}

function readAddress(text: string, source: string | undefined): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new BadUpstream(`${source ?? 'The upstream'} is not an http or https address: ${text}`);
  if (url.username !== '' || url.password !== '')
    throw new BadUpstream(
      `${source ?? 'The upstream'} holds a user name or password. Give keys to the agent, not to the address.`,
    );
  return url;
}

const version = /^\/v1(?:beta)?(?=\/|$)/;

/** The address of one call: `path` and query as the client wrote them, below the upstream's own path, a version once and not twice. */
export function targetOf(upstreams: Upstreams, prefix: ProviderPrefix, path: string): URL {
  const base = upstreams[prefix];
  const baseHasVersion = /\/v1(?:beta)?\/?$/.test(base.pathname);
  const bare = baseHasVersion ? path.replace(version, '') : path;
  // ANTHROPIC_BASE_URL is read with and without /v1 (clients.md 7): the API itself has it always.
  const needed = prefix === 'anthropic' && !baseHasVersion && !version.test(bare) && bare !== '/' ? `/v1${bare}` : bare;
  const target = new URL(base.href);
  const [pathname = '', query] = needed.split(/\?(.*)/s);
  target.pathname = base.pathname.replace(/\/$/, '') + pathname;
  if (query !== undefined) target.search = query;
  return target;
}
