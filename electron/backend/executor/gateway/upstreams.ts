/** Who answers live calls: the providers' own hosts, or where the user's environment or `--upstream` points. Never a trace. */

/** First part of a gateway path, below the token; chosen by which variable carried the address to the client. */
export const providerPrefixes = [
  'openai',
  'anthropic',
  'gemini',
  'openrouter',
  'groq',
  'mistral',
  'xai',
  'deepseek',
  'azure',
] as const;
export type ProviderPrefix = (typeof providerPrefixes)[number];

export type Upstreams = Readonly<Record<ProviderPrefix, URL>>;

/** The address that clients have built in. */
const defaults: Readonly<Record<ProviderPrefix, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com',
  gemini: 'https://generativelanguage.googleapis.com',
  openrouter: 'https://openrouter.ai/api/v1',
  groq: 'https://api.groq.com/openai/v1',
  mistral: 'https://api.mistral.ai/v1',
  xai: 'https://api.x.ai/v1',
  deepseek: 'https://api.deepseek.com',
  // Everyone has one of their own: its variables are set only where the user has set them, and then hold.
  azure: 'https://azure.invalid',
};

/** A variable by which a provider's address reaches a client (FACTS.md, Client addresses). */
export interface BaseUrlVariable {
  readonly variable: string;
  readonly prefix: ProviderPrefix;
  /** What the variable's value ends in, in the form that its clients expect. */
  readonly path: '' | `/${string}`;
  /** Setting it where it was not set would change what the client does. */
  readonly onlyWhereSet?: boolean;
}

/** Those that the providers' own libraries and many clients read; a client's own stand with the client. */
export const baseUrlVariables: readonly BaseUrlVariable[] = [
  { variable: 'OPENAI_BASE_URL', prefix: 'openai', path: '/v1' },
  { variable: 'OPENAI_API_BASE', prefix: 'openai', path: '/v1' },
  { variable: 'ANTHROPIC_BASE_URL', prefix: 'anthropic', path: '' },
  { variable: 'ANTHROPIC_API_URL', prefix: 'anthropic', path: '' },
  { variable: 'ANTHROPIC_API_BASE', prefix: 'anthropic', path: '' },
  { variable: 'GOOGLE_GEMINI_BASE_URL', prefix: 'gemini', path: '' },
];

/** The address that was given cannot be used. */
export class BadUpstream extends Error {
  override readonly name = 'BadUpstream';
}

/** Throws BadUpstream. `variables`: where the user may have set another address; the first that is set holds. */
export function chooseUpstreams(
  environment: Readonly<Record<string, string | undefined>>,
  override: string | undefined,
  variables: readonly BaseUrlVariable[] = baseUrlVariables,
): Upstreams {
  const choose = (prefix: ProviderPrefix): URL => {
    const base = defaults[prefix];
    const variable = variables.find((one) => one.prefix === prefix && environment[one.variable])?.variable;
    return readAddress(
      override ?? (variable === undefined ? base : (environment[variable] ?? base)),
      override === undefined ? variable : '--upstream',
    );
  };
  return {
    openai: choose('openai'),
    anthropic: choose('anthropic'),
    gemini: choose('gemini'),
    openrouter: choose('openrouter'),
    groq: choose('groq'),
    mistral: choose('mistral'),
    xai: choose('xai'),
    deepseek: choose('deepseek'),
    azure: choose('azure'),
  };
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
  // Groq's own SDK writes all of its provider's path, others what is below it.
  const isWhole = baseHasVersion && path.startsWith(`${base.pathname.replace(/\/$/, '')}/`);
  const bare = isWhole
    ? path.slice(base.pathname.replace(/\/$/, '').length)
    : baseHasVersion
      ? path.replace(version, '')
      : path;
  // ANTHROPIC_BASE_URL is read with and without /v1 (FACTS.md, Client addresses): the API itself has it always.
  const needed = prefix === 'anthropic' && !baseHasVersion && !version.test(bare) && bare !== '/' ? `/v1${bare}` : bare;
  const target = new URL(base.href);
  const [pathname = '', query] = needed.split(/\?(.*)/s);
  target.pathname = base.pathname.replace(/\/$/, '') + pathname;
  if (query !== undefined) target.search = query;
  return target;
}
