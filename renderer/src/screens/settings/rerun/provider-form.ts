import type { ModelProvider } from '../../../../../shared/model/take.ts';
import { isAddress } from '../../../lib/launch-form.ts';

/** A model provider as it is typed. */
export interface ProviderForm {
  readonly id: string;
  readonly kind: ModelProvider['kind'];
  readonly baseUrl: string;
  readonly keyVariable: string;
}

export type ProviderProblems = ReadonlyMap<keyof ProviderForm, string>;

export const kindNames: Readonly<Record<ModelProvider['kind'], string>> = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  google: 'Google Gemini',
  'openai-compatible': 'OpenAI-compatible',
};

/** Addresses are those that the servers listen on when nothing else is said (their documentation, November 2026). */
export const presets = [
  {
    value: 'ollama',
    label: 'Ollama',
    form: { id: 'ollama', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:11434/v1', keyVariable: '' },
  },
  {
    value: 'vllm',
    label: 'vLLM',
    form: { id: 'vllm', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:8000/v1', keyVariable: '' },
  },
  {
    value: 'llama.cpp',
    label: 'llama.cpp',
    form: { id: 'llama.cpp', kind: 'openai-compatible', baseUrl: 'http://127.0.0.1:8080/v1', keyVariable: '' },
  },
  {
    value: 'openai',
    label: 'OpenAI',
    form: { id: 'openai', kind: 'openai', baseUrl: '', keyVariable: 'OPENAI_API_KEY' },
  },
  {
    value: 'anthropic',
    label: 'Anthropic',
    form: { id: 'anthropic', kind: 'anthropic', baseUrl: '', keyVariable: 'ANTHROPIC_API_KEY' },
  },
  {
    value: 'google',
    label: 'Google',
    form: { id: 'google', kind: 'google', baseUrl: '', keyVariable: 'GEMINI_API_KEY' },
  },
  { value: 'other', label: 'Another one', form: { id: '', kind: 'openai-compatible', baseUrl: '', keyVariable: '' } },
] as const satisfies readonly { readonly value: string; readonly label: string; readonly form: ProviderForm }[];
export type PresetName = (typeof presets)[number]['value'];

export function typedProvider(provider: ModelProvider): ProviderForm {
  return {
    id: provider.id,
    kind: provider.kind,
    baseUrl: provider.baseUrl ?? '',
    keyVariable: provider.keyVariable ?? '',
  };
}

/** The provider, or what is wrong by field. `taken`: ids of the user's other providers. */
export function providerOf(
  form: ProviderForm,
  taken: readonly string[],
): { readonly provider: ModelProvider } | { readonly problems: ProviderProblems } {
  const problems = new Map<keyof ProviderForm, string>();
  const [id, baseUrl, keyVariable] = [form.id.trim(), form.baseUrl.trim(), form.keyVariable.trim()];
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(id))
    problems.set('id', 'Letters, digits, dots and dashes: it is what a re-run names.');
  else if (taken.includes(id)) problems.set('id', `There is a provider ${id} already.`);
  const address = addressProblem(baseUrl, form.kind);
  if (address !== undefined) problems.set('baseUrl', address);
  if (keyVariable !== '' && !/^[A-Za-z_]\w{0,199}$/.test(keyVariable))
    problems.set('keyVariable', 'The name of a variable, like MY_API_KEY; not the key itself.');
  if (problems.size > 0) return { problems };
  return {
    provider: {
      id,
      kind: form.kind,
      ...(baseUrl === '' ? {} : { baseUrl }),
      ...(keyVariable === '' ? {} : { keyVariable }),
    },
  };
}

function addressProblem(text: string, kind: ModelProvider['kind']): string | undefined {
  if (text === '') return kind === 'openai-compatible' ? 'The address of the server, up to /v1.' : undefined;
  if (!isAddress(text)) return 'An http or https address.';
  const { username, password, search, hash } = new URL(text);
  return username === '' && password === '' && search === '' && hash === ''
    ? undefined
    : 'Without a user, a password or a query: keys do not stand in the settings.';
}

/** A server that is asked without a key: one's own, on this machine. */
export function needsNoKey({ kind, baseUrl, keyVariable }: ModelProvider): boolean {
  if (keyVariable !== undefined) return false;
  const host = baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).hostname : undefined;
  return (
    kind === 'openai-compatible' ||
    host === 'localhost' ||
    host === '[::1]' ||
    (host !== undefined && /^127(?:\.\d+){3}$/.test(host))
  );
}
