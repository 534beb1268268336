/**
 * Who served a model call, in OpenTelemetry's `gen_ai.provider.name` words. Framework names in those attributes
 * (`langchain`, `strands-agents` …) are not providers: they are dropped and the provider is inferred (FACTS.md, Fields).
 */
const frameworks = new RegExp(
  `^(${[
    'langchain',
    'langgraph',
    'strands[-_ ]?agents',
    'gcp\\.vertex\\.agent',
    'microsoft\\.agent_framework.*',
    'autogen.*',
    'crewai',
    'spring_ai',
    'litellm',
    'pydantic[-_ ]ai',
    'semantic_kernel.*',
    'gateway',
    'agno',
    'haystack',
    'llama[-_ ]?index',
    '_other',
  ].join('|')})$`,
);

const known: readonly (readonly [RegExp, string])[] = [
  [/^azure[-_. ]?(ai[-_.])?inference|^az\.ai\.inference/, 'azure.ai.inference'],
  [/^(azure|az\.ai)/, 'azure.ai.openai'],
  [/^openai/, 'openai'],
  [/^(vertex\.anthropic|googlevertexanthropic)/, 'gcp.vertex_ai'],
  [/^(google[-_.]?vertex|vertex|gcp\.vertex)/, 'gcp.vertex_ai'],
  [/^(google|gemini|gcp\.gemini)/, 'gcp.gemini'],
  [/^gcp\.gen_ai/, 'gcp.gen_ai'],
  [/^(amazon|aws|bedrock)/, 'aws.bedrock'],
  [/^anthropic/, 'anthropic'],
  [/^mistral/, 'mistral_ai'],
  [/^(xai|x_ai|x-ai)/, 'x_ai'],
  [/^cohere/, 'cohere'],
  [/^deepseek/, 'deepseek'],
  [/^groq/, 'groq'],
  [/^moonshot/, 'moonshot_ai'],
  [/^perplexity/, 'perplexity'],
  [/^(ibm|watsonx)/, 'ibm.watsonx.ai'],
];

/** undefined when the value names a framework. Unknown names stay, lower-cased. */
export function normaliseProvider(raw: string): string | undefined {
  const name = raw.trim().toLowerCase();
  if (name === '' || name.length > 200 || frameworks.test(name)) return undefined;
  return known.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}

const hosts: readonly (readonly [RegExp, string])[] = [
  [/\.openai\.azure\.com$|\.cognitiveservices\.azure\.com$/, 'azure.ai.openai'],
  [/\.inference\.ai\.azure\.com$|\.services\.ai\.azure\.com$/, 'azure.ai.inference'],
  [/(^|\.)openai\.com$/, 'openai'],
  [/(^|\.)anthropic\.com$/, 'anthropic'],
  [/aiplatform\.googleapis\.com$/, 'gcp.vertex_ai'],
  [/(^|\.)googleapis\.com$/, 'gcp.gemini'],
  [/bedrock.*\.amazonaws\.com$/, 'aws.bedrock'],
  [/(^|\.)mistral\.ai$/, 'mistral_ai'],
  [/(^|\.)x\.ai$/, 'x_ai'],
  [/(^|\.)cohere\.(com|ai)$/, 'cohere'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)moonshot\.(ai|cn)$/, 'moonshot_ai'],
  [/(^|\.)perplexity\.ai$/, 'perplexity'],
  [/(^|\.)openrouter\.ai$/, 'openrouter'],
  [/(^|\.)together\.(ai|xyz)$/, 'together_ai'],
  [/(^|\.)fireworks\.ai$/, 'fireworks'],
  [/(^|\.)cerebras\.ai$/, 'cerebras'],
];

/** From a host name or URL in `server.address`; undefined for gateways and loopback addresses. */
export function providerOfHost(address: string): string | undefined {
  if (address.length > 2_000) return undefined;
  const host = address
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[:/].*$/, '');
  return hosts.find(([pattern]) => pattern.test(host))?.[1];
}

const models: readonly (readonly [RegExp, string])[] = [
  [/^(gpt-|o\d(-|$)|chatgpt|text-embedding-(3|ada)|davinci|codex|computer-use-preview)/, 'openai'],
  [/^claude/, 'anthropic'],
  [/^(us\.|eu\.|apac\.|global\.)?(anthropic|amazon|meta|cohere|mistral|ai21|deepseek)\.[a-z]/, 'aws.bedrock'],
  [/^(models\/)?(gemini|gemma|text-embedding-00)/, 'gcp.gemini'],
  [/^(mistral|mixtral|codestral|ministral|magistral|devstral|pixtral)/, 'mistral_ai'],
  [/^grok/, 'x_ai'],
  [/^(command|embed-|rerank-)/, 'cohere'],
  [/^deepseek/, 'deepseek'],
  [/^(kimi|moonshot)/, 'moonshot_ai'],
  [/^sonar/, 'perplexity'],
];

/** The house that makes a model of this name; a `vendor/model` id names it in front. */
export function providerOfModel(model: string): string | undefined {
  if (model.length > 300) return undefined;
  const id = model.toLowerCase();
  const slash = id.indexOf('/');
  if (slash > 0 && !id.startsWith('models/'))
    return normaliseProvider(id.slice(0, slash)) ?? providerOfModel(id.slice(slash + 1));
  return models.find(([pattern]) => pattern.test(id))?.[1];
}

const modelPath =
  /\/(chat\/completions|responses|messages|completions|embeddings)(\?|$)|:(stream)?generateContent|\/model\/[^/]+\/(invoke|converse)/i;

/** Whether an HTTP span to this host or path is the transport of a model call, shown folded under it. */
export function isModelApi(host: string | undefined, path: string | undefined): boolean {
  if (host !== undefined && providerOfHost(host) !== undefined) return true;
  return path !== undefined && path.length < 2_000 && modelPath.test(path);
}
