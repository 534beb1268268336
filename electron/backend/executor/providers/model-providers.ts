import { APICallError } from '@ai-sdk/provider';
import type { LanguageModelV4, SharedV4ProviderOptions } from '@ai-sdk/provider';
import { allProviders, keyVariablesOf } from '../../../../shared/model/provider-keys.ts';
import type { KeychainState } from '../../../../shared/model/provider-keys.ts';
import type { ModelProvider } from '../../../../shared/model/take.ts';
import { asRecord, asText, parseJson } from '../../base/json-values.ts';
import { createSecrets } from '../../base/secrets.ts';
import { everyBaseUrlVariable } from '../clients/switch-to-gateway.ts';
import { chooseUpstreams } from '../gateway/upstreams.ts';
import type { ProviderPrefix } from '../gateway/upstreams.ts';
import { formatOf } from '../gateway/wire-formats.ts';
import type { WireAnswer, WireCall, WireFormat, WirePart } from '../gateway/wire.ts';
import { createAnswerReader, errorText } from './model-answer.ts';
import { modelPrompt } from './model-prompt.ts';

/** Where keys come from that are in no environment: the desktop's system keychain. */
export interface ProviderKeys {
  key(providerId: string): Promise<string | undefined>;
  /** Whether a key can be given in the settings at all. */
  keychain?(): Promise<KeychainState>;
}

export interface ModelProvidersOptions {
  /** From the user's settings. */
  readonly providers: readonly ModelProvider[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly keys?: ProviderKeys;
  /** Stands in for the address of every provider that has none of its own in the settings. From the user, never from a trace. */
  readonly upstream: string | undefined;
  /** Wire formats that calls may be of; absent: all that there are. */
  readonly formats?: readonly WireFormat[];
}

export interface ModelTarget {
  /** Id of a provider of the settings, or openai, anthropic, google. */
  readonly provider: string;
  readonly model: string;
}

export interface ModelRequest {
  readonly call: WireCall;
  readonly target: ModelTarget;
  readonly customTools: ReadonlySet<string>;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
}

export interface ModelReply {
  readonly answer: WireAnswer;
  /** 200, or what the provider refused with; 502 where it could not be reached. */
  readonly status: number;
  /** What could not be carried over, and what the provider's package warns of. */
  readonly notes: readonly string[];
  /** OpenTelemetry's name (gen_ai.provider.name). */
  readonly providerName: string;
  readonly serverAddress: string | undefined;
  /** The body that went out, as it was sent. */
  readonly sent: string | undefined;
  readonly firstTextMs: number | undefined;
}

/** Models of all providers, asked in one way. Keys are read when they are needed and kept nowhere. */
export interface ModelProviders {
  /** Why this provider cannot be asked, in words; undefined: it can. */
  problem(target: ModelTarget): Promise<string | undefined>;
  /** Where it is asked, under the name that prices know; what is not known is left out. */
  addressOf(target: ModelTarget): { readonly provider: string | undefined; readonly serverAddress: string | undefined };
  /** Never rejects for what a provider does: a failure is an answer with an error. Rejects with ProviderUnknown. */
  ask(request: ModelRequest): Promise<ModelReply>;
}

/** There is no such provider; the message names those that there are. */
export class ProviderUnknown extends Error {
  override readonly name = 'ProviderUnknown';
}

const prefixes: Readonly<Record<'openai' | 'anthropic' | 'google', ProviderPrefix>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'gemini',
};
/** gen_ai.provider.name of semantic conventions; a server of one's own is named as the user named it. */
const providerNames: Readonly<Record<'openai' | 'anthropic' | 'google', string>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  google: 'gcp.gemini',
};
export function createModelProviders(options: ModelProvidersOptions): ModelProviders {
  const { environment } = options;
  /** What came with a part, to go back with it to the model that wrote it. */
  const origins = new WeakMap<WirePart, { readonly by: string; readonly options: SharedV4ProviderOptions }>();

  function find(id: string): ModelProvider {
    const found = allProviders(options.providers).find((provider) => provider.id === id);
    if (!found)
      throw new ProviderUnknown(
        `There is no provider “${id.slice(0, 100)}”. There are: ${allProviders(options.providers)
          .map((provider) => provider.id)
          .join(', ')}. Others are added in the settings.`,
      );
    return found;
  }

  function addressOf(provider: ModelProvider): URL | undefined {
    if (provider.kind === 'openai-compatible')
      return new URL(provider.baseUrl ?? options.upstream ?? 'http://127.0.0.1:11434/v1');
    const prefix = prefixes[provider.kind];
    return withVersion(
      chooseUpstreams(environment, provider.baseUrl ?? options.upstream, everyBaseUrlVariable())[prefix],
      prefix,
    );
  }

  async function keyOf(provider: ModelProvider): Promise<string | undefined> {
    const names = keyVariablesOf(provider);
    return (
      names.map((name) => environment[name]).find((value) => value !== undefined && value !== '') ??
      (await options.keys?.key(provider.id))
    );
  }

  async function problem({ provider: id }: ModelTarget): Promise<string | undefined> {
    try {
      const provider = find(id);
      const address = addressOf(provider);
      if (
        (await keyOf(provider)) !== undefined ||
        provider.kind === 'openai-compatible' ||
        (address && isLoopback(address))
      )
        return undefined;
      const [variable = 'its variable'] = keyVariablesOf(provider);
      const isKept = (await options.keys?.keychain?.())?.available === true;
      return `There is no key for ${id}: set ${variable} in the environment of Retake${isKept ? ', or give the key in the settings' : ''}.`;
    } catch (error) {
      return errorText(error);
    }
  }

  return {
    problem,
    addressOf({ provider: id }) {
      try {
        const provider = find(id);
        return { provider: nameOf(provider), serverAddress: addressOf(provider)?.hostname };
      } catch {
        // Asking it says what is wrong.
        return { provider: id, serverAddress: undefined };
      }
    },
    async ask({ call, target, customTools, signal, onText }) {
      const provider = find(target.provider);
      const key = await keyOf(provider);
      const secrets = createSecrets({ ...environment, ...(key === undefined ? {} : { RETAKE_PROVIDER_API_KEY: key }) });
      const address = addressOf(provider);
      const by = `${provider.id} ${target.model}`;
      const sent: { body?: string } = {};
      const started = performance.now();
      let firstTextMs: number | undefined;
      const format = formatOf(call.family, options.formats);
      const prompt = modelPrompt(call, {
        customTools,
        formats: options.formats,
        originOf(part) {
          const origin = origins.get(part);
          if (origin) return origin.by === by ? origin.options : undefined;
          return format.providerKind === provider.kind && call.model === target.model
            ? format.returnedWith?.(part)
            : undefined;
        },
      });
      const reader = createAnswerReader(customTools, (text) => {
        firstTextMs ??= performance.now() - started;
        onText(text);
      });
      const done = (status: number, broken?: string): ModelReply => {
        const read = reader.read(broken === undefined ? undefined : secrets.cleanText(broken));
        for (const [part, metadata] of read.origins) origins.set(part, { by, options: metadata });
        const { answer } = read;
        return {
          status: answer.error !== undefined && status === 200 ? 502 : status,
          answer: answer.error === undefined ? answer : { ...answer, error: secrets.cleanText(answer.error) },
          notes: [...prompt.notes, ...read.notes],
          providerName: nameOf(provider),
          serverAddress: address?.hostname,
          sent: sent.body === undefined ? undefined : secrets.cleanText(sent.body),
          firstTextMs,
        };
      };
      try {
        const model = await languageModel(provider, target.model, {
          address,
          key,
          spoken: format.providerKind,
          fetch: fetchOnce(sent),
        });
        const { stream } = await model.doStream({ ...prompt.options, abortSignal: signal, ...storedNowhere(provider) });
        for await (const part of stream) reader.take(part);
        return done(200);
      } catch (error) {
        if (signal.aborted) return done(499, 'Stopped before the answer ended.');
        return APICallError.isInstance(error)
          ? done(error.statusCode ?? 502, refusalText(error))
          : done(502, errorText(error));
      }
    },
  };
}

const nameOf = ({ kind, id }: ModelProvider): string => (kind === 'openai-compatible' ? id : providerNames[kind]);

/** The provider's own words: the packages know those of their own provider only. */
function refusalText(error: APICallError): string {
  return errorText(
    asText(asRecord(asRecord(parseJson(error.responseBody ?? ''))['error'])['message']) ?? error.message,
  );
}

interface ModelSettings {
  readonly address: URL | undefined;
  readonly key: string | undefined;
  /** The kind of provider whose package speaks as the run itself did. */
  readonly spoken: ModelProvider['kind'];
  readonly fetch: typeof fetch;
}

/** The packages are read when they are first needed: a window opens, and a command ends, without them. */
async function languageModel(
  provider: ModelProvider,
  model: string,
  { address, key, spoken, fetch }: ModelSettings,
): Promise<LanguageModelV4> {
  const baseURL = address?.href.replace(/\/$/, '') ?? '';
  // The packages insist on a key; servers on this machine need none.
  const apiKey = key ?? 'none';
  switch (provider.kind) {
    case 'openai': {
      const { createOpenAI } = await import('@ai-sdk/openai');
      const openai = createOpenAI({ baseURL, apiKey, fetch });
      // Other servers than OpenAI's own seldom have the responses API; where the run itself used it, this one has.
      return address?.hostname === 'api.openai.com' || spoken === provider.kind
        ? openai.responses(model)
        : openai.chat(model);
    }
    case 'anthropic': {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      return createAnthropic({ baseURL, apiKey, fetch })(model);
    }
    case 'google': {
      const { createGoogle } = await import('@ai-sdk/google');
      return createGoogle({ baseURL, apiKey, fetch })(model);
    }
    default: {
      const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
      return createOpenAICompatible({
        name: 'compatible',
        baseURL,
        fetch,
        includeUsage: true,
        ...(key === undefined ? {} : { apiKey }),
      })(model);
    }
  }
}

/** What is asked in a take is not kept by the provider beyond the call, where it lets us say so. */
function storedNowhere({ kind }: ModelProvider): { providerOptions?: SharedV4ProviderOptions } {
  return kind === 'openai' ? { providerOptions: { openai: { store: false } } } : {};
}

/** Sends as it is told, remembers the body, and follows no redirect: it could lead the key elsewhere. */
function fetchOnce(sent: { body?: string }): typeof fetch {
  return async (input, init) => {
    if (typeof init?.body === 'string') sent.body = init.body;
    const response = await fetch(input, { ...init, redirect: 'manual' });
    if (response.status >= 300 && response.status < 400)
      throw new Error(
        `The provider’s address answered with a redirect (${response.status}), which is not followed. Give the address that it leads to.`,
      );
    return response;
  };
}

function withVersion(base: URL, prefix: ProviderPrefix): URL {
  const address = new URL(base.href);
  const path = address.pathname.replace(/\/$/, '');
  if (/\/v1(?:beta)?$/.test(path) || (prefix === 'openai' && path !== '')) return address;
  address.pathname = `${path}${prefix === 'gemini' ? '/v1beta' : '/v1'}`;
  return address;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
