import type { Message, ToolDefinition } from '../../../../shared/model/message.ts';
import type { JsonMember, JsonTree } from '../../base/json-tree.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import type { ProviderPrefix } from './upstreams.ts';

/** A call that only a trace tells of. */
export interface TracedCall {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDefinition[];
  /** As the emitter names them; `value` is JSON, or a text. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[];
}

/** A request written from it, and what somebody who sends it should know. */
export interface WrittenCall {
  readonly body: JsonRecord;
  readonly stream: boolean;
  readonly notes: readonly string[];
}

/** How a program in one language uses the provider's own package. Everything here is code of ours, nothing comes from a call. */
export interface SdkUse {
  /** Lines that import it. */
  readonly imports: string;
  /** What makes a client. */
  readonly client: string;
  /** The options by which the client takes a key, and an address that the package does not read from the environment by itself. */
  readonly options: { readonly address?: string; readonly key: string };
  /** The function that is called; `stream`: the one for an answer that comes in pieces, where it is another. */
  readonly call: string;
  readonly stream?: string;
}

/** How a format's calls are asked by hand: by curl, and by the provider's own packages. */
export interface ByHand {
  /** The provider whose own address and key hold, where nothing says that it was another one. */
  readonly home: ProviderPrefix;
  /** Below the base address; the model is one part of a path, encoded already. */
  path(model: string, stream: boolean): string;
  /** Headers beside the content's type; `key` is what the shell reads the key from. */
  headers(key: string): readonly (readonly [name: string, value: string])[];
  readonly python: SdkUse;
  readonly typescript: SdkUse;
  /** The request as arguments of the Python function. */
  pythonArguments(model: string, body: JsonTree): readonly JsonMember[];
  /** The request as the one argument of the TypeScript function. */
  typescriptArgument(model: string, body: JsonTree): JsonTree;
  write(call: TracedCall): WrittenCall;
}

/** Where a provider is asked, and which variable holds the key. `variable`: what its own packages read another address from. */
export interface Endpoint {
  readonly base: string;
  readonly variable?: string;
  readonly key: string;
}

/** Addresses that are known. A trace's own word for an address is not among them: it is never asked. */
const endpoints: Partial<Readonly<Record<ProviderPrefix, Endpoint>>> = {
  openai: { base: 'https://api.openai.com/v1', variable: 'OPENAI_BASE_URL', key: 'OPENAI_API_KEY' },
  anthropic: { base: 'https://api.anthropic.com', variable: 'ANTHROPIC_BASE_URL', key: 'ANTHROPIC_API_KEY' },
  gemini: {
    base: 'https://generativelanguage.googleapis.com',
    variable: 'GOOGLE_GEMINI_BASE_URL',
    key: 'GEMINI_API_KEY',
  },
  openrouter: { base: 'https://openrouter.ai/api/v1', key: 'OPENROUTER_API_KEY' },
  groq: { base: 'https://api.groq.com/openai/v1', key: 'GROQ_API_KEY' },
  mistral: { base: 'https://api.mistral.ai/v1', key: 'MISTRAL_API_KEY' },
  xai: { base: 'https://api.x.ai/v1', key: 'XAI_API_KEY' },
  deepseek: { base: 'https://api.deepseek.com', key: 'DEEPSEEK_API_KEY' },
};

export function endpointOf(prefix: ProviderPrefix): Endpoint | undefined {
  return endpoints[prefix];
}

/** Members that the Python function has no argument for go along in `extra_body`, which its package adds to the request as it is. */
export function withExtraBody(body: JsonTree, named: ReadonlySet<string>): readonly JsonMember[] {
  const members = body.kind === 'object' ? body.members : [];
  const others = members.filter(([key]) => !named.has(key));
  return [
    ...members.filter(([key]) => named.has(key)),
    ...(others.length === 0 ? [] : [['extra_body', { kind: 'object', members: others }] satisfies JsonMember]),
  ];
}
