import { expect, test } from 'vitest';
import { chooseUpstreams, providerPrefixes, targetOf } from '../gateway/upstreams.ts';
import { everyBaseUrlVariable, switchToGateway } from './switch-to-gateway.ts';

const url = 'http://127.0.0.1:1/r/t';

test('every variable that a client may read points to the gateway, in the form that it expects', () => {
  const { command, environment, client } = switchToGateway(['python', 'agent.py'], url, {});
  expect(command).toEqual(['python', 'agent.py']);
  expect(client).toBeUndefined();
  expect(environment).toEqual({
    OPENAI_BASE_URL: `${url}/openai/v1`,
    OPENAI_API_BASE: `${url}/openai/v1`,
    ANTHROPIC_BASE_URL: `${url}/anthropic`,
    ANTHROPIC_API_URL: `${url}/anthropic`,
    ANTHROPIC_API_BASE: `${url}/anthropic`,
    GOOGLE_GEMINI_BASE_URL: `${url}/gemini`,
    GEMINI_API_BASE: `${url}/gemini/v1beta`,
    OPENROUTER_API_BASE: `${url}/openrouter/v1`,
    OPENROUTER_BASE_URL: `${url}/openrouter/v1`,
    GROQ_API_BASE: `${url}/groq/v1`,
    GROQ_BASE_URL: `${url}/groq`,
    MISTRAL_AZURE_API_BASE: `${url}/mistral/v1`,
    MISTRAL_BASE_URL: `${url}/mistral/v1`,
    XAI_API_BASE: `${url}/xai/v1`,
    DEEPSEEK_API_BASE: `${url}/deepseek/beta`,
    DEEPSEEK_BASE_URL: `${url}/deepseek`,
  });
  expect(
    switchToGateway(['python', 'agent.py'], url, { AZURE_OPENAI_ENDPOINT: 'https://mine.openai.azure.com' })
      .environment,
  ).toHaveProperty('AZURE_OPENAI_ENDPOINT', `${url}/azure`);
  expect(
    switchToGateway(['copilot'], url, { COPILOT_PROVIDER_BASE_URL: 'https://x.example/v1' }).environment,
  ).toHaveProperty('COPILOT_PROVIDER_BASE_URL', `${url}/openai/v1`);
});

test('clients that need more get it, wherever they are installed', () => {
  expect(switchToGateway(['/opt/bin/codex', 'exec', 'do it'], url, {})).toMatchObject({
    client: 'Codex',
    command: ['/opt/bin/codex', '-c', `openai_base_url="${url}/openai/v1"`, 'exec', 'do it'],
  });
  expect(switchToGateway(['npx', '-y', 'qwen', '-p', 'hi'], url, {}).command).toEqual([
    'npx',
    '-y',
    'qwen',
    '--auth-type',
    'openai',
    '-p',
    'hi',
  ]);
  expect(switchToGateway(['claude', '-p', 'hi'], url, {})).toMatchObject({
    client: 'Claude Code',
    command: ['claude', '-p', 'hi'],
    environment: { ENABLE_TOOL_SEARCH: 'true' },
  });
});

test('each provider is asked at its own address, never at another’s', () => {
  const to = (environment: Record<string, string>, variable: string, path: string): string => {
    const { environment: set } = switchToGateway(['python', 'agent.py'], url, environment);
    const [, prefix, below] = /^http:..127.0.0.1:1.r.t.([a-z]+)(.*)$/.exec(set[variable] ?? '') ?? [];
    const known = providerPrefixes.find((one) => one === prefix) ?? 'openai';
    return targetOf(chooseUpstreams(environment, undefined, everyBaseUrlVariable()), known, `${below}${path}`).href;
  };
  const chat = '/chat/completions';
  expect(to({}, 'OPENROUTER_API_BASE', chat)).toBe('https://openrouter.ai/api/v1/chat/completions');
  expect(to({}, 'GROQ_API_BASE', chat)).toBe('https://api.groq.com/openai/v1/chat/completions');
  // Groq's SDK adds its whole path, Mastra nothing.
  expect(to({}, 'GROQ_BASE_URL', `/openai/v1${chat}`)).toBe('https://api.groq.com/openai/v1/chat/completions');
  expect(to({}, 'GROQ_BASE_URL', chat)).toBe('https://api.groq.com/openai/v1/chat/completions');
  expect(to({}, 'MISTRAL_AZURE_API_BASE', chat)).toBe('https://api.mistral.ai/v1/chat/completions');
  expect(to({}, 'XAI_API_BASE', chat)).toBe('https://api.x.ai/v1/chat/completions');
  expect(to({}, 'DEEPSEEK_API_BASE', chat)).toBe('https://api.deepseek.com/beta/chat/completions');
  expect(to({}, 'DEEPSEEK_BASE_URL', chat)).toBe('https://api.deepseek.com/chat/completions');
  expect(
    to(
      { AZURE_API_BASE: 'https://mine.openai.azure.com' },
      'AZURE_API_BASE',
      `/openai/deployments/g${chat}?api-version=1`,
    ),
  ).toBe('https://mine.openai.azure.com/openai/deployments/g/chat/completions?api-version=1');
  expect(to({ GROQ_API_BASE: 'https://proxy.example/v1' }, 'GROQ_API_BASE', chat)).toBe(
    'https://proxy.example/v1/chat/completions',
  );
});
